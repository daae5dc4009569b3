# To be sourced: an environment of Python for one set of tools, in $tools/NAME.

# python_tools NAME DIR makes .conformance/NAME from DIR's requirements, unless it is there.
python_tools() {
  local venv=$tools/$1 from=$2 wanted
  wanted=$(cat "$from/requirements.txt" "$from/constraints.txt" <(python3 --version) <(echo "$tools") | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$venv/wanted" 2>/dev/null || true)" != "$wanted" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$from/requirements.txt" -c "$from/constraints.txt"
    echo "$wanted" > "$venv/wanted"
  fi
}

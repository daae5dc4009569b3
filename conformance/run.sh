#!/usr/bin/env bash
# Compares the demo account and the policy evaluation with independent tools.
# Installs the tools under .conformance/ once. A missing tool fails the run; no test
# is skipped. Only Python 3 with venv, Node.js and npm must be installed; as root on
# Debian the script installs them too.
set -euo pipefail
cd "$(dirname "$0")/.."

# missing names the Debian packages of missing tools.
missing() {
  # ensurepip is what Debian's python3 lacks without python3-venv.
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || echo python3 python3-venv
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' 2>/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
}

if [ -n "$(missing)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "conformance: installing" $(missing)
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(missing) >/dev/null
fi
if [ -n "$(missing)" ]; then
  echo "conformance: not installed, or too old:" $(missing) >&2
  echo "It needs Python 3.11 or newer with venv, Node.js 18 or newer, and npm." >&2
  exit 1
fi

tools=$PWD/.conformance
mkdir -p "$tools"

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

python_tools venv conformance          # clients of AWS and an emulator
python_tools judges conformance/judges # Prowler, cloudsplaining, readers of the evidence: 2.4 GB, minutes
python_tools oscal conformance/oscal   # compliance-trestle, which needs another pydantic

# An independent S3 server, as a separate process.
versitygw=v1.8.0
if [ "$(cat "$tools/bin/wanted" 2>/dev/null || true)" != "$versitygw" ]; then
  GOBIN=$tools/bin go install "github.com/versity/versitygw/cmd/versitygw@$versitygw"
  echo "$versitygw" > "$tools/bin/wanted"
fi

export CONFORMANCE_TOOLS=$tools CLARIA=${CLARIA:-$PWD/claria}
go test -tags conformance -count=1 -timeout 20m -v ./conformance
bash conformance/policy/run.sh

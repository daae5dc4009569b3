#!/usr/bin/env bash
# Compares the practice account and the policy evaluation with what others wrote.
# Installs what it needs under .conformance/; a missing piece is a failure, never a skip.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/.conformance
wanted=$(sha256sum conformance/requirements.txt | cut -d' ' -f1)
if [ "$(cat "$tools/venv/wanted" 2>/dev/null || true)" != "$wanted" ]; then
  rm -rf "$tools/venv"
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/pip" install --quiet --disable-pip-version-check -r conformance/requirements.txt
  echo "$wanted" > "$tools/venv/wanted"
fi

export CONFORMANCE_TOOLS=$tools/venv/bin CLARIA=$PWD/claria
go test -tags conformance -count=1 ./conformance
bash conformance/policy/run.sh

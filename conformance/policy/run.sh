#!/usr/bin/env bash
# Compares aws/policy with the evaluator of cloud-copilot (npm, AGPL: a separate
# process, installed under .conformance/, never linked or copied), and the policies that
# Claria writes with the Service Authorization Reference (npm, iam-data, MIT). Without
# Node.js it fails. Outside CI, CONFORMANCE_WITHOUT_NODE=1 leaves it out.
set -euo pipefail
cd "$(dirname "$0")/../.."

for need in node npm; do
  if ! command -v "$need" >/dev/null; then
    if [ -z "${CI:-}" ] && [ "${CONFORMANCE_WITHOUT_NODE:-}" = 1 ]; then
      echo "policy conformance: $need is not installed; left out, as CONFORMANCE_WITHOUT_NODE asks" >&2
      exit 0
    fi
    echo "policy conformance: $need is not installed; install Node.js 18 or newer" >&2
    exit 1
  fi
done

modules=$PWD/.conformance/policy
wanted=$(cat conformance/policy/package.json conformance/policy/package-lock.json | sha256sum | cut -d' ' -f1)
if [ "$(cat "$modules/wanted" 2>/dev/null || true)" != "$wanted" ]; then
  rm -rf "$modules"
  mkdir -p "$modules"
  cp conformance/policy/package.json conformance/policy/package-lock.json "$modules/"
  npm ci --prefix "$modules" --no-audit --no-fund --ignore-scripts --loglevel=error
  echo "$wanted" > "$modules/wanted"
fi

SIMULATE_MODULES=$modules go test -tags conformance -count=1 -v ./conformance/policy

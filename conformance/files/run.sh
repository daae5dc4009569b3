#!/usr/bin/env bash
# Makes documents with other people's programs, reads them with Claria, and compares the
# readings with independent readers. EVERY=10 makes every tenth document, SEED other
# ones. The documents and a list of all differences stay in .conformance/documents.
#
# As root on Debian the script installs what is missing. Without a program, EVERY=1
# fails; EVERY=10 names what is not judged.
set -euo pipefail
cd "$(dirname "$0")/../.."

# missing names the Debian packages of missing programs.
missing() {
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || echo python3 python3-venv
  command -v soffice >/dev/null || echo libreoffice-writer-nogui libreoffice-calc-nogui
  command -v pandoc >/dev/null || echo pandoc
  command -v pdftotext >/dev/null || echo poppler-utils
  command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || echo chromium-headless-shell
  [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || echo fonts-dejavu-core
}

if [ -n "$(missing)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "conformance: installing" $(missing)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(missing) >/dev/null; }; then
    echo "conformance: cannot install" $(missing) >&2
  fi
fi

tools=$PWD/.conformance
mkdir -p "$tools"
. conformance/python.sh
python_tools files conformance/files # ReportLab, python-docx, openpyxl

export CONFORMANCE_FILES=$tools/documents
rm -rf "$CONFORMANCE_FILES"
"$tools/files/bin/python" -B conformance/files/make.py "$CONFORMANCE_FILES" "${COUNT:-152}" "${EVERY:-1}" "${SEED:-1}"
go test -tags conformance -count=1 -timeout 20m -v ./conformance/files

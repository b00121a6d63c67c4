#!/usr/bin/env bash
# Makes the environment: an interpreter that runs, uv from its hash-locked file, then everything locked.
# A shim named python3.12 may exist and not run, so each candidate is started before it is chosen.
set -euo pipefail
venv=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -t 2 ] || quiet=--quiet

chosen=
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
  if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
    chosen=$candidate
    break
  fi
done
if [ -z "$chosen" ]; then
  echo "Pulsverk needs Python 3.11, 3.12 or 3.13 with the venv module. Install one, or name it: make PYTHON=/path/to/python3 ..." >&2
  exit 1
fi

echo "Making $venv with $("$chosen" --version) ..." >&2
[ -x "$venv/bin/python" ] || "$chosen" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$here/uv.txt"
# Bytecode is compiled once here: without it every import costs two to three times as much.
"$venv/bin/uv" pip sync ${quiet:-} --python "$venv/bin/python" --require-hashes --compile-bytecode "$here/dev.txt" "$here/uv.txt"
"$venv/bin/uv" pip install ${quiet:-} --python "$venv/bin/python" --no-deps --no-build-isolation --editable "$here/.."

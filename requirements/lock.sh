#!/usr/bin/env bash
# Locks every dependency by version and hash. Requirements files, because they name no index address.
# functions.txt and quality.txt are the two Lambda images: subsets of dev.txt at the same versions. spark.txt is an
# environment of its own (`make spark`), with a pandas that PySpark supports.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export UV_PYTHON_DOWNLOADS=never
uv=${UV:-.venv/bin/uv}
compile=("$uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate "$@")

echo 'uv' | "${compile[@]}" - -o requirements/uv.txt
"${compile[@]}" pyproject.toml --extra functions --extra quality --extra local --extra infra --group dev -o requirements/dev.txt
grep -E '^[a-zA-Z0-9]' requirements/dev.txt | sed 's/ *\\$//' > requirements/.constraints
"${compile[@]}" pyproject.toml --extra functions -c requirements/.constraints -o requirements/functions.txt
"${compile[@]}" pyproject.toml --extra functions --extra quality -c requirements/.constraints -o requirements/quality.txt
sed -i '/^pandas==/d' requirements/.constraints
"${compile[@]}" pyproject.toml --extra spark -c requirements/.constraints -o requirements/spark.txt
rm requirements/.constraints

# Two commands need nothing but a shell and Python >= 3.11: `make demo` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export UV_PYTHON_DOWNLOADS := never
# jsii starts node from the environment's own package; any version of it is fine.
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export GX_ANALYTICS_ENABLED := false

.PHONY: help superset spark demo demo-insteval test test-deep mutants lint format bench bench-ingest bench-aggregate bench-disclosure synth lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

$(BIN)/.installed: requirements/dev.txt pyproject.toml requirements/environment.sh
	@bash requirements/environment.sh $(VENV)
	@touch $@

demo: $(BIN)/.installed ## a synthetic organisation, three waves, one report to open
	@$(BIN)/pulsverk demo --out demo

demo-insteval: $(BIN)/.installed ## 73,421 real ratings through the same chain
	@$(BIN)/python -m examples.insteval.run --out demo-insteval

test: lint synth ## every gate, then every test with branch coverage
	@$(BIN)/python -m pytest -n 2 --cov --cov-report=term:skip-covered --cov-fail-under=90

superset: .venv-superset/.installed ## an environment of its own with Apache Superset, for test-deep

.venv-superset/.installed: requirements/superset.txt $(BIN)/.installed
	@python3.11 -m venv .venv-superset && .venv-superset/bin/pip install -q -r requirements/superset.txt
	@touch $@

spark: .venv-spark/.installed ## an environment of its own with PySpark, for test-deep and bench-aggregate; needs Java 17

.venv-spark/.installed: requirements/spark.txt $(BIN)/.installed
	@$(BIN)/python -m venv .venv-spark && .venv-spark/bin/pip install -q --require-hashes -r requirements/spark.txt
	@touch $@

test-deep: $(BIN)/.installed superset spark ## the same properties, far more examples, and the slow proofs
	@PULSVERK_DEEP=1 $(BIN)/python -m pytest -n 2 -m "deep or not deep"

mutants: $(BIN)/.installed ## disclosure control changed in thousands of ways, one at a time; hours
	@nice -n 10 $(BIN)/python -m mutmut run --max-children 2
	@$(BIN)/python -m mutmut results

lint: $(BIN)/.installed ## ruff, mypy, import-linter, sqlfluff, interrogate
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint --disable-progress-bar pipeline/sql
	@$(BIN)/interrogate -q

format: $(BIN)/.installed ## rewrite to the agreed form
	@$(BIN)/ruff check --fix-only -q . && $(BIN)/ruff format -q .
	@$(BIN)/sqlfluff fix --disable-progress-bar -q pipeline/sql

bench: $(BIN)/.installed ## side by side with what a user would pick instead
	@$(BIN)/python -m bench

bench-ingest: $(BIN)/.installed ## a million records read, accounted for and stored, and every row judged; five minutes
	@$(BIN)/python -m bench.ingest

bench-aggregate: $(BIN)/.installed ## up to a million responses counted, and every figure compared; half an hour
	@$(BIN)/python -m bench.aggregate

bench-disclosure: $(BIN)/.installed ## the same for disclosure control, up to a million respondents; half an hour
	@$(BIN)/python -m bench.disclosure --large

synth: $(BIN)/.installed ## the CloudFormation templates, linted; no account, no Docker
	@$(BIN)/python -m infra.app
	@$(BIN)/cfn-lint infra/cdk.out/*.template.json

lock: ## resolve again, with hashes and without addresses
	@bash requirements/lock.sh

clean: ## everything that was made
	@rm -rf $(VENV) .venv-superset .venv-spark demo demo-insteval infra/cdk.out mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Treue needs Linux or macOS, Python 3.11 or newer with its venv, and make. Everything is installed into .venv.
#   make PYTHON=python3.12 demo    uses another Python

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test test-all check bench pins clean
.DELETE_ON_ERROR:

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | \
	  while IFS='|' read -r name text; do printf '%-16s %s\n' "$$name" "$$text"; done

# treue ends with 1 when it is done but rows were set aside: no failure
demo: .venv/run.stamp ## simulate a firm, write its report, and start the application with one
	@$(BIN)/treue demo || [ $$? -eq 1 ]

test: check ## every check, then every test that takes seconds
	$(BIN)/python -m pytest --numprocesses=3

test-all: check ## the same with the slow tests, with coverage of branches
	$(BIN)/python -m pytest -m "" --numprocesses=3 --cov --cov-report=term:skip-covered

check: .venv/dev.stamp ## style, types, layers and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet src

bench: .venv/dev.stamp ## speed and memory against other programs (takes minutes)
	$(BIN)/python -m bench

pins: .venv/dev.stamp ## remake requirements/*.txt from the ranges
	$(PIP) 'pip-tools>=7.5'
	$(BIN)/pip-compile $(COMPILE) --extra=app --build-deps-for=editable --output-file=requirements/run.txt pyproject.toml
	$(BIN)/pip-compile $(COMPILE) --output-file=requirements/dev.txt requirements/dev.in

COMPILE := --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
  --annotation-style=line

clean: ## remove everything that was made here
	rm -rf .venv demo build dist htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf .import_linter_cache spark-warehouse metastore_db derby.log
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps say what is installed, so that nothing is installed twice.

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Treue needs Python 3.11 or newer; name one, for example: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt pyproject.toml | .venv/bin/python
	$(PIP) -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	$(PIP) -r requirements/dev.txt
	@touch $@

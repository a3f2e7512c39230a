# Every verb of the project; `make help` lists them. Needs make and Python >= 3.11, nothing else.
.DEFAULT_GOAL := help
.PHONY: help setup run test adversary test-speech coverage check lint fmt types contracts migrations-check secrets audit deps precommit lock bench docs reference migration screenshots clean

BIN := .venv/bin
ARGS ?=
# Test processes; two cores are what the time limits were set for, and tests wait about a third of their time.
JOBS ?= 3
# Where the surroundings forbid bytecode caches, each of the many processes would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
SOURCES := src tests tools $(wildcard benchmarks examples)
LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make or refresh .venv from the locks
	@tools/setup.sh dev

run: ## Start everything (ARGS="--port 8123 --data-dir DIR --no-demo")
	@tools/setup.sh run
	@exec $(BIN)/socialflow run $(ARGS)

test: ## Run the tests (ARGS="tests/domains -k name")
	@tools/setup.sh dev
	@tools/chromium.sh
	@tools/azurite.sh
	$(BIN)/pytest -n $(JOBS) --dist loadgroup $(ARGS)

adversary: ## Run the longer tests, which kill, freeze and cut off parts (CI does, after `make test`)
	@$(MAKE) --no-print-directory test ARGS="-m adversary $(ARGS)"

test-speech: ## Test the speech engine that is an extra, in an environment of its own (another 450 MB)
	@tools/setup.sh dev
	@$(BIN)/uv venv --quiet --allow-existing .venv-speech
	@$(BIN)/uv pip sync --quiet --python .venv-speech/bin/python --require-hashes requirements-tools.lock requirements-speech.lock
	@$(BIN)/uv pip install --quiet --python .venv-speech/bin/python --no-deps --no-build-isolation --editable .
	.venv-speech/bin/pytest tests/adapters/speech $(ARGS)

# CPython 3.11 stands still for ever when it traces a callback of a greenlet that dies with its thread.
coverage: ## Run the tests and measure branch coverage (needs Python 3.12: rm -rf .venv; make coverage PYTHON=python3.12)
	@tools/setup.sh dev
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "coverage: Python 3.11 cannot measure these tests (see the Makefile); use 3.12 or newer: rm -rf .venv; make coverage PYTHON=python3.12" >&2; exit 2; }
	@$(MAKE) --no-print-directory test ARGS="-m '' --cov --cov-report=term:skip-covered --cov-report=html $(ARGS)"

check: lint types contracts migrations-check deps secrets test adversary ## Everything that must hold before a merge

lint: ## Format and lint rules
	@tools/setup.sh dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

fmt: ## Format, and repair what can be repaired
	@tools/setup.sh dev
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

types: ## mypy --strict
	@tools/setup.sh dev
	$(BIN)/mypy

contracts: ## Floors, domain order, rooms and doors
	@tools/setup.sh dev
	PYTHONPATH=tools $(BIN)/lint-imports --no-cache

migrations-check: ## One head, and models and migrations agree
	@tools/setup.sh dev
	$(BIN)/python tools/check_migrations.py

deps: ## Every import is a declared dependency, every dependency is used
	@tools/setup.sh dev
	$(BIN)/deptry src

secrets: ## Look for secrets in the tree
	@tools/setup.sh dev
	$(BIN)/python tools/scan_secrets.py

audit: ## Look up known vulnerabilities of the locked packages
	@tools/setup.sh dev
	$(BIN)/python tools/audit_packages.py

precommit: ## Run the pre-commit hooks on everything
	@tools/setup.sh dev
	$(BIN)/pre-commit run --all-files

lock: ## Resolve the locks anew (UPGRADE=--upgrade for newer versions)
	@tools/setup.sh run
	$(LOCK) $(UPGRADE) pyproject.toml -o requirements.lock
	$(LOCK) $(UPGRADE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) $(UPGRADE) pyproject.toml --extra speech --group dev -c requirements-dev.lock -o requirements-speech.lock
	$(LOCK) $(UPGRADE) requirements-tools.in -c requirements-dev.lock -o requirements-tools.lock
	$(LOCK) $(UPGRADE) requirements-docs.in -o requirements-docs.lock

bench: ## Run the benchmarks, one table each
	@tools/setup.sh dev
	@for program in benchmarks/[a-z]*.py; do echo "== $$program"; $(BIN)/python $$program || exit 1; done

reference: ## Write docs/reference from the code
	@tools/setup.sh dev
	$(BIN)/python tools/reference.py

docs: ## Build the documentation into site/
	@tools/setup.sh dev
	@$(BIN)/uv venv --quiet --allow-existing .venv-docs
	@$(BIN)/uv pip sync --quiet --python .venv-docs/bin/python --require-hashes requirements-docs.lock
	.venv-docs/bin/zensical build --clean --strict

screenshots: ## Take the pictures of docs/images from a running instance, with Chromium
	@tools/setup.sh dev
	$(BIN)/python tools/screenshots.py

migration: ## Write a migration for changed models (NAME="What changed")
	@tools/setup.sh dev
	$(BIN)/python tools/new_migration.py "$(NAME)"

clean: ## Remove what the tools made; keeps .venv and .socialflow
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov dist site test-artifacts
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

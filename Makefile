# Everything a person or a CI does here. Needs GNU make and Python 3.11 to 3.14; the rest comes into .venv.
#   make run ARGS="--direct seeds/articles"      make test ARGS="tests/parsers -x"

PYTHON ?= python3
UV ?= uv
ARGS ?=

BIN := .venv/bin
READY := .venv/.installed
INSTALL := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input install --no-deps

.PHONY: help run serve test lint benchmarks lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@echo '  Arguments go in ARGS, the interpreter of .venv in PYTHON: make test ARGS=tests/storage PYTHON=python3.13'

run: $(READY) ## Run the monitor once, on the configured sources or those in ARGS
	@$(BIN)/sahelwatch run $(ARGS)

serve: $(READY) ## Serve the monitor on its schedule, with Prefect's UI
	@$(BIN)/sahelwatch serve $(ARGS)

test: $(READY) ## Run the tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal $(ARGS)

lint: $(READY) ## Check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

benchmarks: $(READY) ## Measure, beside a named peer
	@$(BIN)/python -m tests.benchmarks $(ARGS)

lock: ## Write requirements.lock anew (needs uv); ARGS=--upgrade takes newer versions
	@command -v "$(UV)" >/dev/null || { echo 'make lock needs uv: pipx install uv, or UV=/path/to/uv' >&2; exit 1; }
	@"$(UV)" pip compile --quiet --universal --python-version 3.11 --extra dev --extra postgres \
		--generate-hashes --no-emit-index-url --custom-compile-command "make lock" $(ARGS) pyproject.toml --output-file requirements.lock

clean: ## Remove .venv and caches; what is recorded (var/) stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last: an install that was cut off is done again.
$(READY): requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { \
		echo 'sahelwatch needs Python 3.11 to 3.14, and "$(PYTHON)" is none of them: make PYTHON=python3.12 …' >&2; exit 1; }
	@echo 'Setting up .venv (once, about a minute) …' >&2
	@rm -f $(READY)
	@"$(PYTHON)" -m venv .venv
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@faults=$$($(BIN)/python -m pip check) || { echo "$$faults" >&2; exit 1; }
	@touch $(READY)

# Everything a newcomer needs: `make demo`. Each target sets up what it needs; a second run takes no time for that.
# What is said about setting up goes to stderr, so that `make demo ARGS="--once --json"` prints the story alone.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
PIP := $(BIN)/python -m pip install --disable-pip-version-check --constraint .ci/constraints.txt --editable
BENCHMARKS := decisions accept drain faults_under_load limits policy_path as2_receive as2_durable as2_memory

.PHONY: help demo test check bench test-real fuzz
.DEFAULT_GOAL := help

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'
	@echo '  ARGS="…" is handed on, e.g. make demo ARGS="--once", make test ARGS="-k order"'

demo: $(VENV)/.runs  ## set everything up on this machine and watch the gateway work (Ctrl-C ends it)
	@exec $(BIN)/partner-gateway demo $(ARGS)

test: $(VENV)/.develops  ## all tests but those against what is real and not ours
	@$(BIN)/python -m pytest -n auto --dist loadgroup -m "not real and not benchmark" $(ARGS)

test-real: $(VENV)/.develops  ## the tests against a real Keycloak, a real Odoo 19 and foreign AS2, fetched when need be
	@$(BIN)/python -m pytest -m real tests/real $(ARGS)

check: $(VENV)/.develops  ## lint, format, types, import contracts, rules and profiles
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/partner-gateway policy check

fuzz: $(VENV)/.develops  ## a hundred thousand damaged inputs through every reader, as many AS2 messages (ARGS="20000 7": how many, seed)
	@$(BIN)/python tests/translators/fuzz.py $(ARGS)
	@$(BIN)/python tests/gateway/channels/as2/fuzz.py $(ARGS)

bench: $(VENV)/.develops  ## the benchmarks, one after the other (ARGS="--json": figures for programs)
	@set -e; for name in $(BENCHMARKS); do $(BIN)/python tests/benchmarks/$$name.py $(ARGS); done

# The virtual environment, then what the product needs, then what developing it needs.

$(VENV)/.runs: pyproject.toml .ci/constraints.txt | $(BIN)/python
	@echo "setting up: installing the gateway into $(VENV) (once, a minute or two)" >&2
	@$(PIP) . >&2
	@touch $@

$(VENV)/.develops: pyproject.toml .ci/constraints.txt | $(BIN)/python
	@echo "setting up: installing the gateway and the tools of its developers into $(VENV) (once, a minute or two)" >&2
	@$(PIP) ".[dev]" >&2
	@touch $@ $(VENV)/.runs

# PYTHON=/path/to/python make … chooses one; else the first of these that is new enough and can make environments.
$(BIN)/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	  if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "setting up: $(VENV) with $$("$$python" --version)" >&2; \
	    exec "$$python" -m venv $(VENV) >&2; \
	  fi; \
	done; \
	echo "no Python 3.11 or newer that can make virtual environments was found (on Debian and Ubuntu the package" >&2; \
	echo "python3-venv is needed too); install one, or name it: make PYTHON=/path/to/python3.12 demo" >&2; \
	exit 1

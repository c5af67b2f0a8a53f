# Two commands do everything on a fresh machine: `make verify` and `make test`.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

TARGET ?= local
ARGS ?=
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
APP := examples/storefront
APP_SOURCES := $(shell find $(APP) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null | sed 's/ /\\ /g')

export PYTHONPATH := $(CURDIR)/plugins
export PATH := $(CURDIR)/$(BIN):$(PATH)
export npm_config_fund := false
export npm_config_audit := false

.PHONY: help verify test test-long bench lint setup clean

help: ## Show this list
	@echo "prodworthy: is this deployment worthy of production?"
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

verify: setup ## Judge a target with the seven checks (TARGET=local, ARGS="more pytest options")
	@$(BIN)/python -m pytest verify --target=$(TARGET) -p no:hypothesispytest $(ARGS)

test: setup ## Run the project's own tests
	@$(BIN)/python -m pytest tests -n 2 --dist=loadfile -m "not long" $(ARGS)

test-long: setup ## Run all tests, the long ones too
	@$(BIN)/python -m pytest tests -n 2 --dist=loadfile $(ARGS)

bench: setup ## Print the speed of a run as ratios against floors and peers
	@$(BIN)/python tests/bench/run.py $(ARGS)

lint: $(READY) ## Check format, style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

setup: $(READY) $(VENV)/.browser $(VENV)/.html $(APP)/dist/.built

clean: ## Remove what setup made
	rm -rf $(VENV) $(APP)/node_modules $(APP)/dist

$(READY): requirements.txt
	@test -n "$(PYTHON)" || { echo "prodworthy needs Python 3.11 or newer on PATH (or make PYTHON=/path/to/python3)" >&2; exit 1; }
	@echo "setup: virtual environment ($(PYTHON))"
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && { apt-get update -qq; apt-get install -y -qq python3-venv; } >&2 && $(PYTHON) -m venv $(VENV); } || { \
		echo "cannot make a virtual environment: install your system's package for Python's venv (Debian, Ubuntu: python3-venv)" >&2; exit 1; }
	@echo "setup: locked dependencies"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar=on --require-hashes -q -r requirements.txt
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s" -m prodworthy.cli "$$@"\n' '$(CURDIR)/plugins' '$(CURDIR)/$(BIN)/python' > $(BIN)/prodworthy
	@chmod +x $(BIN)/prodworthy
	@touch $@

$(VENV)/.browser: $(READY)
	@echo "setup: browser"
	@$(BIN)/python -m prodworthy.cli install browser
	@touch $@

$(VENV)/.html: $(READY) $(VENV)/.node
	@echo "setup: HTML checker"
	@$(BIN)/python -m prodworthy.cli install html
	@touch $@

# the machine's own Node when it is new enough for Vite, else one from PyPI inside the virtual environment
$(VENV)/.node: $(READY) requirements-node.txt
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null \
		|| { echo "setup: Node"; $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -q -r requirements-node.txt; }
	@touch $@

$(APP)/dist/.built: $(VENV)/.node $(APP_SOURCES)
	@echo "setup: the storefront's build"
	@cd $(APP) && { test node_modules/.package-lock.json -nt package-lock.json || npm ci --ignore-scripts --no-progress --loglevel=error; }
	@cd $(APP) && npm run --silent build > dist.log 2>&1 || { cat dist.log >&2; rm -f dist.log; exit 1; }
	@tail -n 1 $(APP)/dist.log; rm -f $(APP)/dist.log
	@touch $@

# The one door to the project's commands. Needs Python 3.11 or later, pip and make; everything else is set up in .venv.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check install --quiet --require-hashes

UI       := ide_backend/frontend
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
NPM    := npm --prefix $(UI) --no-audit --no-fund --loglevel=error

.PHONY: help demo ide test setup format lint types imports check ui-check browser lock bench docs clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(VENV)/.runtime ## run the storyteller with the embedded demo model and watch its text arrive
	@$(PY) -m tactus run procedures/storyteller.lua --model demo --stream

ide: $(VENV)/.runtime ide_backend/static/index.html ## the IDE in the browser, on the examples, with the demo model (needs node)
	@$(PY) -m tactus ide procedures --model demo

test: check ui-check ## every check: format, lint, types, import contracts, docs, tests with branch coverage
	@$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest -n 2 --dist loadfile
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report
	@$(MAKE) --no-print-directory browser

check: lint types imports docs ## every check but the tests

setup: $(VENV)/.dev ## the development environment, in .venv

format: setup ## format the code
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

lint: setup
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

types: setup
	$(PY) -m mypy

imports: setup
	$(VENV)/bin/lint-imports

docs: setup
	$(PY) -m tactus.dsl.reference --check

bench: setup .tools/bench/.installed ## ratios against a raw client in the same run
	$(PY) -m benchmarks

ui-check: setup ## the page's own checks; needs node
	@if ! command -v npm >/dev/null; then echo "skipped: the checks of the page need node and npm, which are not on this machine"; \
	elif ! $(MAKE) --no-print-directory $(UI)/node_modules/.installed; then echo "skipped: the checks of the page need its packages, which npm could not install (see above)"; \
	else $(NPM) run --silent lint && $(NPM) run --silent types:check && $(NPM) run --silent test && $(NPM) run --silent build; fi

browser: setup ## the page in a real Chromium; needs node and chromium (SHOTS=folder keeps pictures of every state)
	@if ! command -v npm >/dev/null; then echo "skipped: the tests of the page in a browser need node and npm, which are not on this machine"; \
	elif ! $(MAKE) --no-print-directory $(UI)/node_modules/.installed; then echo "skipped: the tests of the page in a browser need its packages, which npm could not install (see above)"; \
	elif test -z "$(CHROMIUM)" && test -z "$$CI$$REQUIRE_BROWSER"; then echo "skipped: the tests of the page in a browser need chromium, which is not on this machine: apt-get install chromium, or CHROMIUM=/path/to/it"; \
	elif test -z "$(CHROMIUM)"; then echo "failed: CI tests the page in a browser, and chromium is not on this machine: apt-get install chromium"; exit 1; \
	else $(MAKE) --no-print-directory ide_backend/static/index.html && CHROMIUM="$(CHROMIUM)" SHOTS="$(abspath $(SHOTS))" $(NPM) run --silent browser; fi

lock: ## renew the hash-pinned locks (the only command that needs uv, fetched into .tools)
	@test -x .tools/bin/uv || $(PYTHON) -m pip install --quiet --target .tools uv
	.tools/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	.tools/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock
	.tools/bin/uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 benchmarks/requirements.in -o requirements-bench.lock

clean: ## remove the environment and every cache
	rm -rf $(VENV) .tools .*_cache .hypothesis .coverage* dist

$(UI)/node_modules/.installed: $(UI)/package-lock.json
	@command -v npm >/dev/null || { echo "The page is built with node 20 or later and npm; the command line needs neither: make demo"; exit 1; }
	@echo "installing the page's packages (under a minute, once)"
	@$(NPM) ci
	@touch $@

ide_backend/static/index.html: $(UI)/node_modules/.installed $(UI)/index.html $(shell find $(UI)/src $(UI)/public -type f 2>/dev/null)
	@echo "building the page"
	@$(NPM) run --silent build

.tools/bench/.installed: requirements-bench.lock | $(VENV)/bin/python
	@echo "installing the frameworks that Tactus is compared with (under a minute, once)"
	@$(PYTHON) -m venv .tools/bench
	@.tools/bench/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements-bench.lock
	@touch $@

$(VENV)/bin/python:
	@echo "creating $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tactus needs Python 3.11 or later; set PYTHON=…")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the runtime's packages (about a minute, once)"
	@$(PIP) -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the development packages (about a minute, once)"
	@$(PIP) -r requirements-dev.lock
	@$(PY) -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime

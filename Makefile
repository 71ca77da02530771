# Everything a checkout can do. The virtual environment is made on first use, with the versions of constraints.txt.

PYTHON ?= python3
VENV := .venv
BENCH := .venv-bench
BIN := $(VENV)/bin
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help serve html publish check test lint bench bench-quick screenshots clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

serve: $(VENV)/site ## build the blog and serve it on http://127.0.0.1:8000, following every change
	@$(BIN)/pelican-comments serve --port $(PORT)

html: $(VENV)/site ## build the blog into output/
	@$(BIN)/pelican content -s pelicanconf.py

publish: $(VENV)/site ## bring it up to date with the production settings; an error leaves it as it was
	@$(BIN)/pelican-comments -s publishconf.py publish --fatal errors

check: $(VENV)/site ## report every problem of the comment files
	@$(BIN)/pelican-comments check

test: $(VENV)/dev ## run every test
	@$(BIN)/python -m pytest

lint: $(VENV)/dev ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(BENCH)/ready ## measure, and write bench/results.md
	@$(BENCH)/bin/python bench/run.py

bench-quick: $(BENCH)/ready ## measure the smallest blog only, and show it
	@$(BENCH)/bin/python bench/run.py --sizes S --rounds 2 --only-builds --show

screenshots: $(VENV)/dev ## take the pictures in docs/images/ of the example blog, with Chromium
	@$(BIN)/python -m tests.screenshots

clean: ## remove what was built, and the virtual environment
	rm -rf output cache $(VENV) $(BENCH)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; try: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Making the virtual environment in $(VENV) (first use only) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/site: $(VENV)/bin/python pyproject.toml constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[receiver,example]'
	@touch $@

$(VENV)/dev: $(VENV)/site
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(BENCH)/ready: $(VENV)/bin/python pyproject.toml constraints.txt
	@$(VENV)/bin/python -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

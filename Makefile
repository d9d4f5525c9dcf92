# make run | test | check | bench | screens. Needs Python 3.11 or later and make; everything else is installed into .venv, but for
# Chromium, in which the pages are tested: where the machine has none, Debian's is installed.
PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := demo-workspace
WORKERS ?= auto

.PHONY: run test check bench screens browser lock clean

$(READY): pyproject.toml requirements.lock
	@echo "pacesetter: installing into $(VENV)" >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "pacesetter: Python 3.11 or later is needed; name one with PYTHON=python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: $(READY)
	@test -f $(DEMO)/pacesetter.toml || $(BIN)/pacesetter demo --size medium -w $(DEMO)
	@$(BIN)/pacesetter serve -w $(DEMO) --port $(PORT)

browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || test -x "$$PACESETTER_BROWSER" || { \
		echo "pacesetter: installing Chromium to test the pages in" >&2; \
		{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium; } >/dev/null \
		|| { echo "pacesetter: install Chromium, or name one with PACESETTER_BROWSER" >&2; exit 2; }; }

test: $(READY) browser
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests

check: $(READY)
	$(BIN)/ruff format --check src tests bench tools
	$(BIN)/ruff check src tests bench tools
	$(BIN)/mypy

bench: $(READY)
	@$(BIN)/python -m bench

screens: $(READY) browser
	@$(BIN)/python -m tests.browser.screens

lock:
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --all-extras -o requirements.lock pyproject.toml requirements.build.in

clean:
	@rm -rf $(VENV) $(DEMO) build

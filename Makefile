# `make app` serves Slicewise on this machine, `make test` runs every test; both install what they need first.

PYTHON ?= python3
PORT ?= 8501
export SLICEWISE_HOME ?= $(HOME)/.slicewise

VENV := .venv
BIN := $(VENV)/bin

.PHONY: app test develop clean

app: $(VENV)/.app-installed
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: develop
	$(BIN)/python -m pytest $(TESTS)

# Everything the checks need, without running them.
develop: $(VENV)/.develop-installed

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Slicewise needs Python 3.11 or newer; name one with: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

# The project itself is installed without build isolation: setuptools is pinned in requirements.txt.
$(VENV)/.app-installed: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

$(VENV)/.develop-installed: requirements-dev.txt $(VENV)/.app-installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info

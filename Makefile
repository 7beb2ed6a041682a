# Verbs of the project. `make` lists them. Python 3.11 or newer and make are enough; uv is used when it is on PATH.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

PORT ?= 8080
HAPI_PORT ?= 18280
HAPI_JAVA_OPTS ?= -Xmx600m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
# Test processes: `auto` is one per core, 0 is this process alone.
WORKERS ?= auto
PYTEST_ARGS ?=

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
    "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
UV := $(shell command -v uv 2>/dev/null)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NEEDS_MORE := hapi or browser or database
# Pages written by scripts/<name>.py.
PAGES := conformance fixtures explain_texts hazards_page prefetch_page semantics_page vignettes_page

# ---------------------------------------------------------------- for users

.PHONY: help
help: ## List the verbs
	@echo 'Usage: make VERB [NAME=value]'
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' Makefile | expand -t 16

.PHONY: demo
demo: $(READY)-base ## Start the service with a FHIR server of its own and synthetic patients (PORT=8080)
	@exec $(BIN)/cds-service demo --port $(PORT)

# ---------------------------------------------------------------- for authors and developers

.PHONY: dev
dev: $(READY)-test $(READY)-check $(READY)-bench ## Prepare .venv with everything that the other verbs need

.PHONY: check
check: $(READY)-check ## Lint, format, types, import direction, containers, lock files
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/yamllint --strict .
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile
	@if command -v docker-compose >/dev/null; then \
	    echo 'docker-compose --profile demo config -q'; docker-compose --profile demo config -q; \
	elif [ "$${CI:-}" = true ]; then echo 'docker-compose is missing: make system-deps' >&2; exit 1; \
	else echo 'skipped: docker-compose is not installed (make system-deps)'; fi
	$(BIN)/python scripts/check_tree.py
	$(BIN)/cds-service rules fmt --check
	$(MAKE) --no-print-directory site

.PHONY: fix
fix: $(READY)-check ## Repair what ruff can repair, then format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: test
test: $(READY)-test ## Run every test that needs only Python
	$(BIN)/python -m pytest -n $(WORKERS) -m 'not ($(NEEDS_MORE))' $(PYTEST_ARGS)

.PHONY: test-all
test-all: test $(READY)-test ## The same, then the tests that need Java, a browser or a database
	@if command -v mvn >/dev/null; then $(MAKE) --no-print-directory hapi/target/classpath.txt; fi
	$(BIN)/python -m pytest -m '$(NEEDS_MORE)' $(PYTEST_ARGS)

.PHONY: test-public
test-public: $(READY)-test ## Run the FHIR server tests against a public server (FHIR_BASE=https://…)
	@[ -n "$(FHIR_BASE)" ] || { echo 'FHIR_BASE is not set: make test-public FHIR_BASE=https://…' >&2; exit 2; }
	HAPI_BASE='$(FHIR_BASE)' $(BIN)/python -m pytest -m public $(PYTEST_ARGS)

.PHONY: generative
generative: $(READY)-test ## Try the properties on many new patients, and on those of all cases (about an hour)
	GENERATIVE=deep $(BIN)/python -m pytest tests/generative -o faulthandler_timeout=0 $(PYTEST_ARGS)

.PHONY: agreement
agreement: $(READY)-test ## Hold the engine against the reference evaluator on SEEDS=10000 made-up patients (minutes)
	$(BIN)/python -m tests.reference --seeds $(or $(SEEDS),10000)

.PHONY: image-check
image-check: ## Run the Dockerfile's steps without a container engine and start the result (Linux)
	$(PYTHON) scripts/image_dry_run.py

.PHONY: rules
rules: $(READY)-base ## Check the rule files and run their cases
	$(BIN)/cds-service rules check
	$(BIN)/cds-service rules test
	$(BIN)/cds-service rules coverage

# Two processes by default; `make mutation PROCESSES=1` leaves a core free.
PROCESSES ?= 2

.PHONY: mutation
mutation: $(READY)-base ## Change every rule a little and name each change that no case notices (takes minutes)
	$(BIN)/cds-service rules mutate --processes $(PROCESSES)

.PHONY: pages
pages: $(READY)-test ## Write the generated pages anew
	$(BIN)/cds-service rules language
	$(BIN)/cds-service rules schema
	$(BIN)/cds-service rules docs
	@for page in $(PAGES); do echo "scripts.$$page"; $(BIN)/python -m scripts.$$page || exit 1; done

.PHONY: docs
docs: pages site ## Write the generated pages anew and build the site

.PHONY: site
site: $(READY)-docs ## Build the site into build/site/html; a broken link is an error
	$(BIN)/python -m scripts.site

.PHONY: bench
bench: $(READY)-bench ## Measure requests per second of the service over a bare floor
	$(BIN)/python -m bench

# ---------------------------------------------------------------- the real FHIR server

.PHONY: hapi
hapi: hapi/target/classpath.txt ## Start HAPI FHIR on HAPI_PORT=18280 (needs Java 17 and Maven)
	@exec java $(HAPI_JAVA_OPTS) -Dport=$(HAPI_PORT) -cp "hapi/target/classes:$$(cat $<)" org.cdsservice.hapi.HapiLauncher

hapi/target/classpath.txt: hapi/pom.xml $(shell find hapi/src -type f)
	cd hapi && mvn -q -B -Dstyle.color=never compile dependency:build-classpath -Dmdep.outputFile=target/classpath.txt
	@touch $@

.PHONY: system-deps
system-deps: ## Install Java, Maven, docker-compose and curl on Debian (asks the system's package manager)
	scripts/system_deps.sh

# ---------------------------------------------------------------- environment

.PHONY: lock
lock: ## Resolve pyproject.toml anew into requirements/*.txt (needs uv)
	scripts/lock.sh

.PHONY: clean
clean: ## Remove what the verbs made: .venv, caches, the compiled launcher
	rm -rf $(VENV) hapi/target .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .coverage htmlcov
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo 'Python 3.11 or newer is needed; say where: make PYTHON=/path/to/python3' >&2; exit 1; }
ifdef UV
	UV_PYTHON_DOWNLOADS=never $(UV) venv --quiet --python "$$(command -v $(PYTHON))" $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

# The project itself is installed without its dependencies (they are locked) and without build isolation (what builds
# it is locked too), so nothing unhashed is ever downloaded.
$(READY)-base: requirements/build.txt requirements/base.txt pyproject.toml | $(BIN)/python
	$(call install,requirements/build.txt)
	$(call install,requirements/base.txt)
ifdef UV
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@

$(READY)-%: requirements/%.txt $(READY)-base
	$(call install,$<)
	@touch $@

ifdef UV
install = $(UV) pip install --quiet --python $(BIN)/python --require-hashes --requirement $(1)
else
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(1)
endif

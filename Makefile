# make run and make test are all that a newcomer needs; both build what they lack.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCALE ?= county
CANDIDATES ?= 962512
FORMAT ?= csv
WORKERS_OF_TESTS ?= 2
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
	--require-hashes --only-binary :all:
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
	--strip-extras --allow-unsafe --pip-args --only-binary=:all:

.PHONY: run edge test check bench demo results-demo prove format lock clean

run: $(VENV)/run.stamp
	@$(BIN)/python run.py prepare
	@exec $(BIN)/python run.py

edge: $(VENV)/run.stamp
	@exec $(BIN)/python run.py edge

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(WORKERS_OF_TESTS) --dist loadfile $(ARGS)

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check --lint views/templates
	$(BIN)/python run.py check-migrations

# Each module of benchmarks/ is a program; the first that fails ends the run.
bench: $(VENV)/run.stamp
	@$(BIN)/python run.py prepare
	@for module in benchmarks/[a-z]*.py; do \
		$(BIN)/python -m benchmarks.$$(basename $$module .py) || exit 1; echo; \
	done

demo: $(VENV)/run.stamp
	@$(BIN)/python run.py demo --scale $(SCALE)

results-demo: $(VENV)/run.stamp
	@$(BIN)/python run.py prepare
	@$(BIN)/python run.py results-demo $(CANDIDATES) $(FORMAT)

# Every candidate of the loaded file through the edge: FILE=path, URL=http://host:port, ARGS=--help.
prove: $(VENV)/run.stamp
	@$(BIN)/python run.py prove $(if $(FILE),--file=$(FILE)) $(if $(URL),--url=$(URL)) $(ARGS)

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Needs the index; run it after a change of requirements*.in.
lock: $(VENV)/dev.stamp
	$(COMPILE) --output-file requirements.lock requirements.in
	$(COMPILE) --output-file requirements-dev.lock requirements-dev.in

# A stamp is a copy of the lock it installed: an unchanged lock installs nothing.
$(VENV)/run.stamp: requirements.lock | $(BIN)/pip
	@cmp -s $< $@ || { echo "Installing the portal's packages (once)"; $(INSTALL) -r $<; }
	@cp $< $@

$(VENV)/dev.stamp: requirements-dev.lock | $(BIN)/pip
	@cmp -s $< $@ || { echo "Installing the packages of tests and checks (once)"; $(INSTALL) -r $<; }
	@cp $< $@

$(BIN)/pip:
	@echo "Making the virtual environment"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or newer is needed: make run PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv is missing: on Debian, apt install python3-venv"; exit 1; }

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

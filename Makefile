# Renling 认领. `make run` and `make test` are all a newcomer needs; both set up what they need themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help env run test lint slow bench docs clean
help:  ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# One stamp for the environment: made anew when the lock or the interpreter changes.
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "renling needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 …"; exit 1; }
	@echo "Setting up the environment in $(VENV) (about a minute the first time) …"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@$(BIN)/python -m compileall -q api graph matching seeds
	@touch $@

# And one for what numba compiles: made anew when a solver changes.
$(VENV)/.compiled: $(VENV)/.ready $(wildcard matching/solvers/*.py)
	@$(BIN)/python -m matching.solvers.warm_up
	@touch $@

env: $(VENV)/.compiled  ## Make the environment; nothing is left to compile for the first user

run: env  ## Load the demo city, run one night, serve the API (Ctrl-C stops everything)
	@exec $(BIN)/renling serve --demo

test: env  ## Run the tests, on the embedded store and on a real Neo4j
	@$(BIN)/pytest -m "not slow" -n 2 --dist loadfile $(ARGS)

lint: env  ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

slow: env  ## What is too long for a landing: fifty rounds of every race and crash, mutations
	@$(BIN)/pytest -m slow -n 2 --dist worksteal $(ARGS)

bench: env  ## Measure side by side, and print ratios
	@$(BIN)/python -m benchmarks.run

docs: env  ## Make the reference, the data dictionary and the tables of other pages from the code
	@$(BIN)/python -m docs.reference && $(BIN)/python -m docs.dictionary && $(BIN)/python -m docs.tables && $(BIN)/python -m docs.problem_format

clean:  ## Remove what was made here; the data folder stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

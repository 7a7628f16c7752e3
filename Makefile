# Every command of the project. `make` alone lists them; PYTHON chooses the interpreter, VENV the environment.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
EXTRAS ?= test
WORKERS ?= 2
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help install test lint format demo bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The wheel is installed, so that what is tested is what users get; EXTRAS chooses what comes with it.
install: ## build the wheel and install it in VENV
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	rm -rf $(VENV)/wheel
	$(PIP) wheel --no-deps --wheel-dir $(VENV)/wheel .
	$(PIP) install "$$(echo $(VENV)/wheel/*.whl)$(if $(EXTRAS),[$(EXTRAS)])"
	$(PIP) install --no-deps --force-reinstall $(VENV)/wheel/*.whl
	$(BIN)/python -c "import quantizers as q; print('installed:', q.__version__, q.__file__); \
	assert q.__version__ == '1.3.0' and 'site-packages' in q.__file__"

test: install ## what CI runs: lint, then the tests with coverage, on the installed wheel
	$(MAKE) lint
	$(BIN)/python -m pytest -n $(WORKERS) --cov

$(BIN)/ruff $(BIN)/mypy:
	$(MAKE) install

lint: $(BIN)/ruff $(BIN)/mypy ## ruff, its formatter and mypy strict
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(BIN)/ruff ## let ruff mend and format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

demo: VENV = .venv-demo
demo: EXTRAS = cli
demo: install ## quantize a network for handwritten digits, and compare Python with C++ bit for bit
	$(PIP) install da4ml scikit-learn
	BIN=$(BIN) OUT=build/demo demo/run

bench: VENV = .venv-bench
bench: EXTRAS =
bench: install ## measure side by side with quantizers 1.2.2, into benchmarks/RESULTS.md
	$(PIP) install --upgrade --no-deps --target build/quantizers-1.2.2 quantizers==1.2.2
	$(BIN)/python benchmarks/compare.py build/quantizers-1.2.2

clean: ## remove what was built, and the environments
	rm -rf build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .venv .venv-demo .venv-bench

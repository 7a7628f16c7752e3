# Every command of the project. `make` alone lists them; PYTHON chooses the interpreter, VENV the environment.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
EXTRAS ?= test,test-keras
WORKERS ?= 2
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
# as many threads as cores in each worker would wait for one another
ONE_THREAD = OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
# what JAX has compiled in one worker the others take from there
KEPT_BY_JAX = JAX_COMPILATION_CACHE_DIR=$(abspath build/jax) JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 \
	JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1
# whoever has done its tests takes over some of the other's, as they take from milliseconds to a minute
PYTEST = $(ONE_THREAD) $(KEPT_BY_JAX) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
# one more than cores, for tests that wait: for compilers, for processes and browsers of their own, for locks
WAITING = -n $$(($(WORKERS) + 1))
# stages of one process each, side by side: each imports Keras once, traces and compiles a formula once, and waits alone
SIDE_BY_SIDE = $(MAKE) -j $(WORKERS) --output-sync=target VENV=$(VENV) WORKERS=1
# the files that mypy can judge only beside a library that `make check` does without
ABSENT = torch|jax|intrinsics
# a shell that forbids it would have each process compile what it imports anew: Keras in 12 seconds in place of 5
unexport PYTHONDONTWRITEBYTECODE
# what counts which lines tests run, in `make test-all` only, as it takes time
COVER =
COUNTED = --cov --cov-append --cov-report= --cov-fail-under=0
# a file of its own for what runs side by side
COUNTS = $(if $(COVER),COVERAGE_FILE=$(abspath build/counted.$@))
BACKENDS = jax torch tensorflow
# which rings run under Keras and on GPUs
RING = test
# libraries that are enough without Keras, each in an environment of its own
ALONE = jax torch
ALONE_torch = torch==2.13.0
ALONE_jax = jax
# packages that use this library, and the frameworks under Keras
CLIENTS = hgq2==0.2.0 hls4ml==1.3.0 pquant-ml==0.1.0 jax tensorflow-cpu torch==2.13.0
# what runs once more on compiled loops
COMPILED_TESTS = $(patsubst %,tests/backends/test_%.py,exhaustive vendor minifloat_exact numpy) tests/functional tests/codes \
	tests/formats/test_floats.py
# the oldest Keras that the extra `keras` allows, beside the newest, which the environment has
FLOOR = 3.12.0
FLOOR_TESTS = dispatch readme
# PyTorch and JAX compute without Keras, whose variables they meet; saving starts all backends itself
ALSO_tensorflow = bits_powers gradients_minifloat
ALSO_jax = saving
OF_VARIABLES = bits_powers.py::test_widths_in_float32_variables_do_not_make_float64_results_coarser \
	gradients_minifloat.py::test_minifloat_widths_are_keras_variables

.DEFAULT_GOAL := help
.PHONY: help install check test tests test-all test-gpu kernels keras $(BACKENDS:%=keras-%) alone $(ALONE:%=alone-%) oldest $(BACKENDS:%=oldest-%) exhaustive every-float32 lint format docs html linkcheck demo hls4ml network vectors macros bench bench-keras bench-gpu bench-clients downstream prove clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The wheel is installed, so that what is tested is what users get; EXTRAS chooses what comes with it.
# What cannot be made whole is removed: a second try would find an environment without pip.
install: ## build the wheel and install it in VENV
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	echo 'No environment: $(PYTHON) -m venv failed (Debian: apt-get install python3-venv).' >&2; exit 1; }
	rm -rf $(VENV)/wheel
	$(PIP) wheel --no-deps --wheel-dir $(VENV)/wheel .
	$(PIP) install --no-compile "$$(echo $(VENV)/wheel/*.whl)$(if $(EXTRAS),[$(EXTRAS)])"
	$(PIP) install --no-deps --force-reinstall $(VENV)/wheel/*.whl
	$(BIN)/python -c "import quantizers as q; print('installed:', q.__version__, q.__file__); \
	assert q.__version__ == '1.3.0' and 'site-packages' in q.__file__"

# Rings: each test is in one, by its marker (tests/conftest.py), and each ring begins with the one before.
check: VENV = .venv-check
check: EXTRAS = check
check: install ## the shortest: lint, and the tests of formats on NumPy alone
	$(PIP) install --no-compile --no-deps 'da4ml>=0.6'
	$(MAKE) lint VENV=$(VENV) TYPED="--follow-imports=silent --exclude '$(ABSENT)'"
	$(PYTEST) -m check

test: install ## those of `check`, all libraries, Keras on each backend; each proof once
	$(MAKE) tests VENV=$(VENV)

# A process that imports Keras takes seconds to begin, so later rings run in those of `test`. JAX, which takes longest,
# is begun first; the others and the kernels take as long together.
tests:
	+$(SIDE_BY_SIDE) lint alone $(BESIDE)
	$(PYTEST) $(WAITING) $(COVER) -m 'check or test'
	mkdir -p build
	+$(SIDE_BY_SIDE) keras kernels

test-all: EXTRAS = test,test-keras,docs
test-all: install ## what CI runs: `test`, compiled loops again, oldest Keras, browser, manual, with coverage
	rm -f .coverage .coverage.* build/counted.*
	$(MAKE) tests VENV=$(VENV) BESIDE=html COVER='$(COUNTED)' RING='test or test_all' \
	RING_jax='test or test_all or exhaustive'
	MANUAL=$(abspath build/docs) $(PYTEST) $(WAITING) $(COUNTED) -m test_all
	QUANTIZERS_NUMPY=compiled $(PYTEST) -m 'check or test' $(COMPILED_TESTS)
	+$(SIDE_BY_SIDE) oldest
	$(BIN)/coverage combine --append build/counted.*
	$(BIN)/coverage report

test test-all oldest keras exhaustive: export TF_CPP_MIN_LOG_LEVEL = 3 # what TensorFlow logs at its start is no news

keras: $(BACKENDS:%=keras-%) ## the tests of Keras alone, on each backend

# Each backend in its own process.
$(BACKENDS:%=keras-%): keras-%:
	$(COUNTS) KERAS_BACKEND=$* $(PYTEST) $(COVER) tests/keras -m '$(or $(RING_$*),$(RING))'

# By Triton's interpreter, where there is no GPU.
kernels:
	$(COUNTS) $(PYTEST) $(COVER) tests/gpu -m '$(RING)'

# Where there is no GPU, Triton's interpreter runs the same kernels.
test-gpu: install ## kernels on a GPU, or without one by Triton's interpreter; RINGS=test for a slice
	$(ONE_THREAD) $(BIN)/python -m pytest tests/gpu -m '$(or $(RINGS),test or test_all)'

alone: $(ALONE:%=alone-%) ## PyTorch and JAX without Keras, in an environment each

$(ALONE:%=alone-%): alone-%:
	$(MAKE) install VENV=.venv-$* EXTRAS=
	.venv-$*/bin/python -m pip --quiet --disable-pip-version-check install $(ALONE_$*) hypothesis ml_dtypes pytest pytest-timeout
	$(ONE_THREAD) .venv-$*/bin/python -m pytest tests/alone

oldest: $(BACKENDS:%=oldest-%) ## the tests that ask most of Keras itself, on the oldest Keras and each backend

$(BACKENDS:%=oldest-%): oldest-%: $(VENV)/keras-$(FLOOR)
	KERAS_BACKEND=$* PYTHONPATH=$< $(BIN)/python -c "import keras; assert keras.__version__ == '$(FLOOR)', keras"
	KERAS_BACKEND=$* PYTHONPATH=$< $(PYTEST) $(patsubst %,tests/keras/test_%.py,$(FLOOR_TESTS) $(ALSO_$*)) \
	$(if $(filter-out tensorflow,$*),$(OF_VARIABLES:%=tests/keras/test_%))

# TensorFlow keeps what it compiled, so each test has a process of its own.
exhaustive: install ## the tests of minutes, under PyTorch and TensorFlow too, and by JAX's calls of each mode
	$(PYTEST) tests/backends -m exhaustive
	QUANTIZERS_NUMPY=compiled $(PYTEST) tests/backends -m exhaustive
	KERAS_BACKEND=jax QUANTIZERS_TEST_CALLS=all $(PYTEST) tests/keras/test_bits_fixed.py tests/keras/test_gradients.py
	KERAS_BACKEND=torch $(PYTEST) tests/keras -m exhaustive
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest tests/keras -m exhaustive --collect-only -q | grep :: | \
	KERAS_BACKEND=tensorflow xargs -r -n 1 -P $(WORKERS) $(BIN)/python -m pytest -q

every-float32: install ## all 4,294,967,296 float32 through formats of all modes, against the laws in integers: an hour
	PYTHONPATH=tests $(BIN)/python tests/oracles/every_float.py

$(VENV)/keras-$(FLOOR):
	$(PIP) install --no-deps --target $@ keras==$(FLOOR) || { rm -rf $@; exit 1; }

$(BIN)/ruff $(BIN)/mypy $(BIN)/sphinx-build:
	$(MAKE) install VENV=$(VENV) EXTRAS=$(EXTRAS)

lint: $(BIN)/ruff $(BIN)/mypy ## ruff, its formatter, mypy strict, and the order of the imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(TYPED)
	PYTHONPATH=src $(BIN)/lint-imports --no-cache

format: $(BIN)/ruff ## let ruff mend and format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: EXTRAS = test,test-keras,docs
docs: install ## run every example of the manual and of the README, then build the manual
	$(PYTEST) tests/test_examples.py
	$(MAKE) html

# Every reference must resolve, and the pages must need no other server than their own.
html linkcheck: EXTRAS = test,test-keras,docs
html: $(BIN)/sphinx-build ## build the manual alone, into build/docs
	$(BIN)/sphinx-build -q -W --keep-going -n -E -d build/doctrees docs build/docs
	! grep -rlE '<(script|img|iframe)[^>]* src="(https?:)?//|<link[^>]* rel="(stylesheet|preload)"[^>]* href="(https?:)?//' build/docs --include=*.html

linkcheck: $(BIN)/sphinx-build ## follow the links to other sites, which needs the internet
	$(BIN)/sphinx-build -q -b linkcheck -d build/doctrees docs build/linkcheck

demo: VENV = .venv-demo
demo: EXTRAS = cli
demo: install ## quantize a network for handwritten digits, and compare Python with C++ bit for bit
	$(PIP) install da4ml scikit-learn
	BIN=$(BIN) OUT=build/demo demo/run

hls4ml: VENV = .venv-hls4ml
hls4ml: EXTRAS = keras,hls4ml
hls4ml: install ## train in Keras, convert by hls4ml and da4ml, and compare all outputs bit for bit
	$(PIP) install jax scikit-learn hls4ml da4ml hgq2
	KERAS_BACKEND=jax $(BIN)/python examples/keras_to_hls4ml.py

network: VENV = .venv-network
network: EXTRAS = cli,keras,hls4ml
network: install ## a network from training to hls4ml's compiled C++, by the command, every layer compared
	$(PIP) install jax scikit-learn hls4ml
	BIN=$(BIN) OUT=build/network examples/network/run

vectors: VENV = .venv-vectors
vectors: EXTRAS =
vectors: install ## make specs/vectors anew, by the C++ side
	$(PIP) install da4ml
	$(BIN)/python specs/vectors/make.py specs/vectors

macros: install ## add the macros of this machine's C++ headers to the names that are refused
	PYTHONPATH=tests $(BIN)/python -m oracles.macros

prove: VENV = .venv-prove
prove: EXTRAS = prove
prove: install ## prove every formula for every float, into docs/explanation/proofs.md; MINUTES=5 for a part, what is proved is kept
	PYTHONPATH=tests $(BIN)/python -m oracles.proofs $(or $(MINUTES),40) $(WORKERS)

bench: VENV = .venv-bench
bench: EXTRAS = bench
bench: install ## measure beside a copy and other packages, into benchmarks/RESULTS.md; SIZE=100000 BUDGET=0.01 for a trial
	$(PIP) install --upgrade --no-deps --target build/quantizers-1.2.2 quantizers==1.2.2
	$(BIN)/python benchmarks/compare.py

bench-keras: VENV = .venv-bench-keras
bench-keras: EXTRAS = keras,compiled
bench-keras: install ## measure Keras' tensors on each framework, into benchmarks/KERAS.md; BUDGET=0.03 for a trial
	$(PIP) install jax tensorflow-cpu torch==2.13.0
	$(PIP) install --upgrade --no-deps --target build/quantizers-1.2.2 quantizers==1.2.2
	$(BIN)/python benchmarks/compare_keras.py build/quantizers-1.2.2

bench-gpu: VENV = .venv-bench-gpu
bench-gpu: EXTRAS = keras
bench-gpu: install ## measure PyTorch and JAX on a GPU, into benchmarks/GPU.md; SIZE=65536 for a trial
	$(PIP) install torch 'jax[cuda12]'
	$(PIP) install --upgrade --no-deps --target build/quantizers-1.2.2 quantizers==1.2.2
	$(BIN)/python benchmarks/bench_gpu.py build/quantizers-1.2.2

bench-clients: VENV = .venv-bench-clients
bench-clients: EXTRAS = keras,compiled
bench-clients: install ## measure HGQ2, PQuantML and hls4ml, into benchmarks/CLIENTS.md; MINUTES=0 CASES='dense torch' for a trial
	$(PIP) install $(CLIENTS)
	$(PIP) install --upgrade --no-deps --target build/quantizers-1.2.2 quantizers==1.2.2
	$(BIN)/python benchmarks/clients.py build/quantizers-1.2.2

# The versions whose tests downstream/run.py chooses from, after which this library must be the installed one still.
downstream: VENV = .venv-downstream
downstream: EXTRAS = keras
downstream: install ## run tests of HGQ2, hls4ml, PQuantML and da4ml on this library and on 1.2.2, and compare
	$(PIP) install $(CLIENTS) da4ml==0.6.0 alkaid==0.8.2 pytest pytest-xdist
	$(BIN)/python -c "import quantizers; assert quantizers.__version__ == '1.3.0', quantizers"
	$(PIP) install --upgrade --no-deps --target build/quantizers-1.2.2 quantizers==1.2.2
	rm -rf build/downstream
	$(PIP) download --no-deps --no-binary :all: --dest build/downstream hgq2==0.2.0 hls4ml==1.3.0 pquant-ml==0.1.0
	$(BIN)/python downstream/run.py build/downstream build/quantizers-1.2.2

clean: ## remove what was built, and the environments
	rm -rf build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .venv .venv-check .venv-demo .venv-hls4ml .venv-vectors
	rm -rf $(ALONE:%=.venv-%) .venv-prove .venv-bench .venv-bench-keras .venv-bench-gpu .venv-bench-clients .venv-downstream

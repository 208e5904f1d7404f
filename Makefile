# Thin on purpose: each target is a line or two. TORCH_INDEX=URL takes torch from another index (see README).
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
.PHONY: run test soak bench lint venv best proto
.DELETE_ON_ERROR:

run: venv
	$(BIN)/forumlens run $(ARGS)

test: lint
	$(BIN)/pytest $(ARGS)

soak: venv
	$(BIN)/python -m tests.soak.crash --points 50 $(if $(DUMP),--dump $(DUMP))
	$(BIN)/python -m tests.soak.fuzz_cooked --seconds 3600 $(if $(DUMP),--corpus $(DUMP))
	$(BIN)/python -m tests.soak.memory
	$(BIN)/python -m tests.soak.service --minutes 30

bench: venv
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/python -m tests.bench $(ARGS)

lint: venv
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
	$(BIN)/buf lint proto && $(BIN)/buf breaking proto --against proto/baseline.binpb && $(BIN)/python -m tests.generated

proto: venv
	$(BIN)/python -m grpc_tools.protoc -I proto --python_out=. --pyi_out=. --grpc_python_out=. proto/forumlens/v1/*.proto
	$(BIN)/python -m docs.make_api

venv: $(VENV)/.installed

best: venv
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement best.txt

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# Targets for a fresh machine: each makes the environment it needs. `make` alone lists them.
PYTHON ?= python3
VENV ?= .venv
PEERS_VENV ?= .venv-peers
DATASET ?= corner_store
IMAGES ?=
OUT ?= build/$(DATASET)
CONFIG ?= experiments/configs/$(DATASET).py
OVERRIDES ?=

PY := $(VENV)/bin/python
export TF_CPP_MIN_LOG_LEVEL ?= 3
.DEFAULT_GOAL := help
.PHONY: help setup train test lint bench peers results tensorboard export clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  variables: DATASET=corner_store|complete_journey  IMAGES=<GroceryStoreDataset>  OUT=$(OUT)  CONFIG=$(CONFIG)  OVERRIDES='--config.seed=2'  PYTHON=$(PYTHON)"

setup: $(VENV)/.installed  ## make .venv and install everything that the targets use

$(VENV)/.installed: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python {v[0]}.{v[1]} found, 3.11 to 3.13 needed: make PYTHON=python3.12")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --upgrade pip 'setuptools<82' wheel
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[reference,real,dev]'
	touch $@

train: $(VENV)/.installed  ## tables -> dataset -> features -> run -> metrics -> SavedModel, and a short table of results
	$(PY) -m experiments.run_all --dataset=$(DATASET) --images='$(IMAGES)' --output=$(OUT) --config=$(CONFIG) $(OVERRIDES)

test: lint  ## lint, types and all tests
	$(PY) -m pytest -n 2 --dist loadfile

lint: $(VENV)/.installed  ## ruff and mypy
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(VENV)/.installed  ## training speed beside the literal model, last line: ratio_N10=<x> share=<y>
	$(PY) -m experiments.throughput --output=experiments/results/throughput.json

peers: $(VENV)/.installed $(PEERS_VENV)/.installed  ## our models beside DeepCTR's, on the data of make train (DATASET=complete_journey)
	$(PY) -m experiments.peers.compare --dataset=$(OUT)/dataset --features=$(OUT)/features --python=$(PEERS_VENV)/bin/python \
		--results=$(OUT)/peers

$(PEERS_VENV)/.installed: experiments/peers/requirements.txt
	test -x $(PEERS_VENV)/bin/python || $(PYTHON) -m venv $(PEERS_VENV)
	$(PEERS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement experiments/peers/requirements.txt
	touch $@

results: $(VENV)/.installed  ## RESULTS.md, BUDGET.md and figures of experiments/ from the JSON files in experiments/results
	$(PY) -m experiments.write_results

tensorboard: $(VENV)/.installed  ## open TensorBoard on the last run
	$(PY) -m tensorboard.main --logdir $(OUT)/run/tensorboard

export: $(VENV)/.installed  ## export the last run's SavedModel again
	$(PY) -m camenn_tf.export --run=$(OUT)/run --output=$(OUT)/model

clean:  ## remove build/ and caches, keep .venv
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis camenn_tf.egg-info

"""What pretrained encoders add to ones that learn along, on Complete Journey: one JSON a run, `make results` the table.

    python -m experiments.encoder_gain --images=GroceryStoreDataset --output=build/encoder_gain

Both arms train on the same samples of 30% of the households, in the same way, from three seeds. Conversion is judged on
the validation weeks alone. Alignment is judged on the photos of the test split, of which no row and no score of
conversion is read. A run whose JSON is there is skipped, a killed one goes on; --arm and --seed share the work among
processes, after one has made the features.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from absl import flags

from camenn_tf.flags import run_main
from experiments.configs.encoders import OFFLINE
from experiments.steps import build_tables, commit, load_json, portable, step, write_result

_IMAGES = flags.DEFINE_string("images", None, "GroceryStoreDataset directory.", required=True)
_OUTPUT = flags.DEFINE_string("output", "build/encoder_gain", "Directory for tables, features and runs.")
_RESULTS = flags.DEFINE_string("results", "experiments/results/encoder_gain", "Directory of the runs' JSON files.")
_HOUSEHOLDS = flags.DEFINE_float("households", 0.3, "Share of the households, by hash.", 0.0, 1.0)
_ARMS = flags.DEFINE_multi_enum("arm", ["scratch", "offline"], ["scratch", "offline"], "Encoders to run.")
_SEEDS = flags.DEFINE_multi_integer("seed", [1, 2, 3], "Seeds to run.", lower_bound=0)

CONFIG = "experiments/configs/complete_journey.py"


def main(_: Sequence[str]) -> None:
    """Makes what is missing."""
    tables, dataset = (os.path.join(_OUTPUT.value, name) for name in ("tables", "dataset"))
    missing = [(arm, seed) for seed in _SEEDS.value for arm in _ARMS.value if not os.path.exists(_result(arm, seed))]
    if not missing:
        print(f"all runs are in {_RESULTS.value}")
        return
    build_tables("complete_journey", tables, _IMAGES.value, [f"--households={_HOUSEHOLDS.value}"])
    step("camenn_tf.prepare", f"--tables={tables}", f"--output={dataset}", "--overwrite", f"--config={CONFIG}")
    if any(arm == "offline" for arm, _ in missing):
        step("data.offline_encoders", f"--output={OFFLINE}")
    for arm in dict.fromkeys(arm for arm, _ in missing):
        step("camenn_tf.encode", f"--dataset={dataset}", f"--output={_path(arm)}", f"--config={CONFIG}:{arm}")
    for arm, seed in missing:
        _run(arm, seed, dataset)


def _run(arm: str, seed: int, dataset: str) -> None:
    run = _path(f"{arm}-{seed}")
    sources = [f"--dataset={dataset}", f"--features={_path(arm)}"]
    step("camenn_tf.train", *sources, f"--output={run}", f"--config={CONFIG}:{arm}", f"--config.seed={seed}")
    step("camenn_tf.evaluate", f"--run={run}", "--split=validation")
    write_result(_result(arm, seed), result(arm, seed, run))
    print(f"wrote {_result(arm, seed)}", flush=True)


def result(arm: str, seed: int, run: str) -> dict[str, Any]:
    """The run's JSON: conversion on validation, alignment on the test photos, and what it was made with."""
    from camenn_tf.evaluation.evaluate_alignment import evaluate_alignment  # --help should not wait for TensorFlow

    history, metrics = load_json(run, "history"), load_json(run, "metrics")
    return {
        "kind": "encoder_gain",
        "arm": arm,
        "seed": seed,
        "dataset": "complete_journey",
        "households": _HOUSEHOLDS.value,
        "commit": commit(),
        "training_seconds": history["seconds"],
        "samples_per_second": history["samples_per_second"],
        "evaluations": history["evaluations"],
        "validation": metrics["validation"],
        "test_alignment": evaluate_alignment(run, "test"),
        "config": portable(load_json(run, "config")),
    }


def _path(name: str) -> str:
    return os.path.join(_OUTPUT.value, name)


def _result(arm: str, seed: int) -> str:
    return os.path.join(_RESULTS.value, f"{arm}-{seed}.json")


if __name__ == "__main__":
    run_main(main)

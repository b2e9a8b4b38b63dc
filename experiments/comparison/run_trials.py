"""Trains and judges trials, one JSON each; what is there is skipped, and several processes share the work."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags

from experiments.comparison.locked import locked
from experiments.comparison.ranking import ranking_of
from experiments.comparison.replicates import replicates_of
from experiments.comparison.test_uses import log_test_use
from experiments.comparison.trial import RESULTS, Trial
from experiments.steps import commit, load_json, portable, step, write_result

More = Callable[[Trial, str], dict[str, Any]]
IMAGES = flags.DEFINE_string("images", "", "GroceryStoreDataset directory, for Complete Journey.")
OUTPUT = flags.DEFINE_string("output", "build/comparison", "Directory for tables, features and runs.")
RESULTS_FLAG = flags.DEFINE_string("results", RESULTS, "Directory of the runs' JSON files.")
SEEDS = flags.DEFINE_multi_integer("seed", [], "Only these seeds.", lower_bound=0)
ARMS = flags.DEFINE_multi_string("arm", [], "Only these models or variants.")


def run_trials(trials: Sequence[Trial], more: More | None = None) -> None:
    """Runs what has no JSON yet; a trial that another process is at is left to it.

    Args:
      trials: in the order in which they run.
      more: from a finished run to further entries of its JSON.

    Start the command twice, each with `taskset -c`, to use two cores: single-core runs waste nothing on waiting.
    """
    wanted = [trial for trial in trials if _chosen(trial)]
    missing = [trial for trial in wanted if not os.path.exists(trial.result(RESULTS_FLAG.value))]
    print(f"{len(wanted)} runs, {len(missing)} of them to do", flush=True)
    for trial in missing:
        name = f"{trial.study}-{trial.arm}-{trial.seed}"
        with locked(os.path.join(OUTPUT.value, "locks", name), wait=False) as held:
            if held and not os.path.exists(trial.result(RESULTS_FLAG.value)):
                run_trial(trial, more)


def run_trial(trial: Trial, more: More | None = None) -> None:
    """Makes the data, trains, judges, and writes the JSON."""
    trial.source.make(OUTPUT.value, IMAGES.value)
    run, started = trial.run(OUTPUT.value), time.monotonic()
    sources = [f"--{part}={trial.source.path(OUTPUT.value, part)}" for part in ("dataset", "features")]
    step("camenn_tf.train", *sources, f"--output={run}", *trial.settings, f"--config.seed={trial.seed}")
    splits = ["validation", *(["test"] if trial.test else [])]
    if trial.test:
        log_test_use(_use(trial, run), os.path.join(RESULTS_FLAG.value, "test_uses.jsonl"))
    truth = trial.source.truth(OUTPUT.value)
    step(
        "camenn_tf.evaluate",
        f"--run={run}",
        *(f"--split={split}" for split in splits),
        *([f"--truth={truth}"] if truth else []),
    )
    outcome = result(trial, run, splits, time.monotonic() - started)
    write_result(trial.result(RESULTS_FLAG.value), {**outcome, **(more(trial, run) if more else {})})
    print(f"wrote {trial.result(RESULTS_FLAG.value)}", flush=True)


def result(trial: Trial, run: str, splits: Sequence[str], seconds: float) -> dict[str, Any]:
    """The JSON of a finished run."""
    tables = trial.source.path(OUTPUT.value, "tables")
    history, metrics, config = (load_json(run, name) for name in ("history", "metrics", "config"))
    return {
        "kind": trial.study,
        "arm": trial.arm,
        "model": config["model"]["name"],
        "seed": trial.seed,
        "data": trial.data,
        "dataset": load_json(trial.source.path(OUTPUT.value, "dataset"), "dataset")["fingerprint"],
        "commit": commit(),
        "wall_seconds": round(seconds),
        "training_seconds": history["seconds"],
        "samples_per_second": history["samples_per_second"],
        "parameters": history["parameters"],
        "best_evaluation": history["best_evaluation"],
        "evaluations": history["evaluations"],
        **{split: metrics[split] for split in splits},
        "replicates": {
            split: replicates_of(os.path.join(run, f"predictions-{split}.parquet"))
            for split in splits
            if "cvr" in metrics[split]
        },
        "ranking": {
            split: ranking_of(os.path.join(run, f"predictions-{split}.parquet"), tables, trial.source.shown)
            for split in splits
            if "cvr" in metrics[split]
        },
        "config": portable(config),
    }


def wanted_seed(seed: int) -> bool:
    """Whether --seed asks for this one."""
    return not SEEDS.value or seed in SEEDS.value


def _chosen(trial: Trial) -> bool:
    return wanted_seed(trial.seed) and (not ARMS.value or trial.arm in ARMS.value)


def _use(trial: Trial, run: str) -> dict[str, Any]:
    config = {key: value for key, value in load_json(run, "config").items() if key != "seed"}
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]
    dataset = load_json(trial.source.path(OUTPUT.value, "dataset"), "dataset")["fingerprint"]
    return {
        "study": trial.study,
        "arm": trial.arm,
        "seed": trial.seed,
        "dataset": dataset,
        "configuration": digest,
        "commit": commit(),
    }

"""Trains and judges trials, one JSON each; what is there is skipped, and several processes share the work."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from camenn_tf.locked import locked
from experiments.comparison.conversion_entries import conversion_entries
from experiments.comparison.data import TrialData
from experiments.comparison.same_settings import differing, fingerprint, settings_of
from experiments.comparison.test_uses import log_test_use
from experiments.comparison.trial import RESULTS, Trial
from experiments.steps import commit, load_json, portable, step, write_result, write_text

More = Callable[[Trial, str, str], dict[str, Any]]  # (trial, run, output) -> further entries of its JSON


@dataclasses.dataclass(frozen=True)
class Options:
    """Where things lie and what is wanted.

    Attributes:
      images: GroceryStoreDataset directory, for Complete Journey.
      output: directory of tables, features and runs.
      results: directory of the JSON files.
      seeds, arms: only these; empty = all.
    """

    images: str = ""
    output: str = "build/comparison"
    results: str = RESULTS
    seeds: Sequence[int] = ()
    arms: Sequence[str] = ()

    def wants(self, arm: str, seed: int) -> bool:
        """Whether this run is asked for."""
        return (not self.seeds or seed in self.seeds) and (not self.arms or arm in self.arms)

    def held(self, name: str) -> contextlib.AbstractContextManager[bool]:
        """The lock of a run: no other process does it meanwhile."""
        return locked(os.path.join(self.output, "locks", name), wait=False)


def run_trials(trials: Sequence[Trial], options: Options, more: More | None = None) -> None:
    """Runs what has no JSON yet; a trial that another process is at is left to it.

    Args:
      trials: in the order in which they run.
      options: what is wanted of them, and where.
      more: from a finished run to further entries of its JSON.

    Start the command twice, each with `taskset -c`, to use two cores: single-core runs waste nothing on waiting.
    """
    wanted = [trial for trial in trials if options.wants(trial.arm, trial.seed)]
    missing = [trial for trial in wanted if not os.path.exists(trial.result(options.results))]
    print(f"{len(wanted)} runs, {len(missing)} of them to do", flush=True)
    for trial in wanted:
        if trial not in missing:
            _warn_of_other_settings(trial, trial.result(options.results), trial.run(options.output))
    for trial in missing:
        with options.held(f"{trial.study}-{trial.arm}-{trial.seed}") as held:
            if held and not os.path.exists(trial.result(options.results)):
                run_trial(trial, options, more)


def _warn_of_other_settings(trial: Trial, path: str, run: str) -> None:
    """A setting that was changed since does not change the results that are there."""
    with open(path, encoding="utf-8") as file:
        changed = differing(json.load(file)["config"], settings_of(trial))
    if changed:
        keys = ", ".join(f"{key} {then!r}, now {now!r}" for key, (then, now) in changed.items())
        print(f"{path} was made with other settings ({keys}): to run it again, remove it and {run}", flush=True)


def run_trial(trial: Trial, options: Options, more: More | None = None) -> None:
    """Makes the data, trains, judges, and writes the JSON."""
    made(trial.source, options.output, options.images)
    run, started = trial.run(options.output), time.monotonic()
    made_by = begun_by(run)
    sources = [f"--{part}={trial.source.path(options.output, part)}" for part in ("dataset", "features")]
    step("camenn_tf.train", *sources, f"--output={run}", *trial.settings, f"--config.seed={trial.seed}")
    trained = time.monotonic()
    splits = ["validation", *(["test"] if trial.test else [])]
    if trial.test:
        log_test_use(_use(trial, run, options.output, made_by), os.path.join(options.results, "test_uses.jsonl"))
    truth = trial.source.truth(options.output)
    step(
        "camenn_tf.evaluate",
        f"--run={run}",
        *(f"--split={split}" for split in splits),
        *([f"--truth={truth}"] if truth else []),
    )
    outcome = result(trial, run, splits, options.output, made_by)
    # Training that went on after a kill took longer than this start of it.
    training = max(trained - started, outcome["training_seconds"])
    outcome["wall_seconds"] = round(training + time.monotonic() - trained)
    write_result(trial.result(options.results), {**outcome, **(more(trial, run, options.output) if more else {})})
    print(f"wrote {trial.result(options.results)}", flush=True)


def begun_by(run: str) -> str:
    """The commit that is checked out when a run's training begins, which a file beside the run then keeps.

    So a result that is written after a kill and an update names the commit of its weights. A run that began without
    this file gets the present commit.
    """
    note = f"{run}.commit"
    if not os.path.exists(os.path.join(run, "config.json")):  # there is no run yet, whatever was noted of one before
        write_text(note, commit())
    if not os.path.exists(note):
        return commit()
    with open(note, encoding="utf-8") as file:
        return file.read()


@functools.cache
def made(source: TrialData, output: str, images: str) -> None:
    """Makes the data once a process: even to find them unchanged takes half a minute."""
    source.make(output, images)


def result(trial: Trial, run: str, splits: Sequence[str], output: str, made_by: str) -> dict[str, Any]:
    """The JSON of a finished run, whose training began at this commit."""
    tables = trial.source.path(output, "tables")
    history, metrics, config = (load_json(run, name) for name in ("history", "metrics", "config"))
    scored = {split: os.path.join(run, f"predictions-{split}.parquet") for split in splits if "cvr" in metrics[split]}
    return {
        "kind": trial.study,
        "arm": trial.arm,
        "model": config["model"]["name"],
        "seed": trial.seed,
        "data": trial.data,
        "dataset": load_json(trial.source.path(output, "dataset"), "dataset")["fingerprint"],
        "commit": made_by,
        "training_seconds": history["seconds"],
        "samples_per_second": history["samples_per_second"],
        "parameters": history["parameters"],
        "best_evaluation": history["best_evaluation"],
        "evaluations": history["evaluations"],
        **{split: metrics[split] for split in splits},
        **conversion_entries(scored, tables, trial.source.shown),
        "config": portable(config),
    }


def _use(trial: Trial, run: str, output: str, made_by: str) -> dict[str, Any]:
    dataset = load_json(trial.source.path(output, "dataset"), "dataset")["fingerprint"]
    return {
        "study": trial.study,
        "arm": trial.arm,
        "seed": trial.seed,
        "dataset": dataset,
        "configuration": fingerprint(load_json(run, "config")),
        "weights": _digest(os.path.join(run, "best.weights.h5")),
        "commit": made_by,
    }


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]

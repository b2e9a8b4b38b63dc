"""The flags that all studies share, and their main."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable, Sequence, Set

from absl import flags

from camenn_tf.errors import UserError
from camenn_tf.flags import run_main
from experiments.comparison.run_trials import More, Options, run_trials
from experiments.comparison.trial import Trial


def run_study(
    trials: Callable[[], Sequence[Trial]],
    more: More | None = None,
    before: Callable[[Options], None] | None = None,
    further_arms: Sequence[str] = (),
) -> None:
    """Reads the flags and runs what is missing of the trials; `before` does what is no trial, the further arms.

    Does not return.
    """
    # Defined here and not on import: tables and other studies read a study's arms.
    images = flags.DEFINE_string("images", "", "GroceryStoreDataset directory, for Complete Journey.")
    output = flags.DEFINE_string("output", Options.output, "Directory for tables, features and runs.")
    results = flags.DEFINE_string("results", Options.results, "Directory of the runs' JSON files.")
    seeds = flags.DEFINE_multi_integer(
        "seed", [], "Only these seeds; those that are not published belong into --results of your own.", lower_bound=0
    )
    arms = flags.DEFINE_multi_string("arm", [], "Only these models or variants.")

    def main(_: Sequence[str]) -> None:
        options = Options(images.value, output.value, results.value, seeds.value, arms.value)
        planned = with_seeds(trials(), options)
        check_wanted(options, {*(trial.arm for trial in planned), *further_arms})
        check_places(options)
        if before is not None:
            before(options)
        run_trials(planned, options, more)

    run_main(main)


def check_places(options: Options) -> None:
    """Raises UserError where nothing can be written, before hours of work."""
    for flag, directory in (("output", options.output), ("results", options.results)):
        try:
            os.makedirs(directory, exist_ok=True)
            tempfile.TemporaryFile(dir=directory).close()
        except OSError as error:
            reason = error.strerror or error
            raise UserError(f"--{flag}={directory}: cannot be written ({reason}); name another directory") from error


def with_seeds(planned: Sequence[Trial], options: Options) -> list[Trial]:
    """The planned trials, and further seeds: every arm with a seed that no trial has, an arm by name with any."""
    known, there = {trial.seed for trial in planned}, {(trial.arm, trial.seed) for trial in planned}
    arms = {trial.arm: trial for trial in planned}
    further = [
        dataclasses.replace(trial, seed=seed)
        for seed in dict.fromkeys(options.seeds)
        for trial in arms.values()
        if (trial.arm, seed) not in there and (seed not in known or trial.arm in options.arms)
    ]
    return [*planned, *further]


def check_wanted(options: Options, arms: Set[str]) -> None:
    """Raises UserError for an arm that no run of the study has."""
    for value in options.arms:
        if value not in arms:
            raise UserError(f"--arm={value}: no run of this study, expected one of {', '.join(sorted(arms))}")

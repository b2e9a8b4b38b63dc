"""The flags that all studies share, and their main."""

from __future__ import annotations

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
    seeds = flags.DEFINE_multi_integer("seed", [], "Only these seeds.", lower_bound=0)
    arms = flags.DEFINE_multi_string("arm", [], "Only these models or variants.")

    def main(_: Sequence[str]) -> None:
        options = Options(images.value, output.value, results.value, seeds.value, arms.value)
        planned = trials()
        check_wanted(options, {*(trial.arm for trial in planned), *further_arms}, {trial.seed for trial in planned})
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


def check_wanted(options: Options, arms: Set[str], seeds: Set[int]) -> None:
    """Raises UserError for an arm or a seed that no run of the study has."""
    for flag, asked, known in (("arm", options.arms, arms), ("seed", options.seeds, seeds)):
        for value in asked:
            if value not in known:
                names = ", ".join(str(name) for name in sorted(known))
                raise UserError(f"--{flag}={value}: no run of this study, expected one of {names}")

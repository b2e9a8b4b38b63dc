"""The flags that all studies share, and their main."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from absl import flags

from camenn_tf.flags import run_main
from experiments.comparison.run_trials import More, Options, run_trials
from experiments.comparison.trial import Trial


def run_study(
    trials: Callable[[], Sequence[Trial]], more: More | None = None, before: Callable[[Options], None] | None = None
) -> None:
    """Reads the flags and runs what is missing of the trials; `before` does what is no trial. Does not return."""
    # Defined here and not on import: tables and other studies read a study's arms.
    images = flags.DEFINE_string("images", "", "GroceryStoreDataset directory, for Complete Journey.")
    output = flags.DEFINE_string("output", Options.output, "Directory for tables, features and runs.")
    results = flags.DEFINE_string("results", Options.results, "Directory of the runs' JSON files.")
    seeds = flags.DEFINE_multi_integer("seed", [], "Only these seeds.", lower_bound=0)
    arms = flags.DEFINE_multi_string("arm", [], "Only these models or variants.")

    def main(_: Sequence[str]) -> None:
        options = Options(images.value, output.value, results.value, seeds.value, arms.value)
        if before is not None:
            before(options)
        run_trials(trials(), options, more)

    run_main(main)

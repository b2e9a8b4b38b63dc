"""Judges a trained run: python -m camenn_tf.evaluate --run=RUN [--split=test --split=validation] [--truth=DIR]."""

from __future__ import annotations

from collections.abc import Sequence

from absl import flags

from camenn_tf.flags import run_main

_RUN = flags.DEFINE_string("run", None, "Run directory, made by camenn_tf.train.", required=True)
_SPLIT = flags.DEFINE_multi_enum(
    "split", ["test"], ["test", "validation"], "Samples to judge the run on; may be given twice."
)
_TRUTH = flags.DEFINE_string(
    "truth", "", "Truth directory of a generated world: adds the oracle, and dirty and clean items."
)
_DATASET = flags.DEFINE_string("dataset", "", "Where the run's dataset lies now, if it has moved.")
_FEATURES = flags.DEFINE_string("features", "", "Where the run's features lie now, if they have moved.")


def main(argv: Sequence[str]) -> None:
    """Evaluates the run and prints the table."""
    from camenn_tf.evaluation.evaluate_run import evaluate_run  # after the flags: --help should not wait for TensorFlow
    from camenn_tf.evaluation.report import table

    splits = list(dict.fromkeys(_SPLIT.value))
    for report in evaluate_run(_RUN.value, splits, _TRUTH.value, _DATASET.value, _FEATURES.value).values():
        print("\n" + table(report))


if __name__ == "__main__":
    run_main(main)

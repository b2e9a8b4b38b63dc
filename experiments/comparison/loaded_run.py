"""A trained run with its validation batches, for what is read off it besides its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # --help should not wait for TensorFlow
    from camenn_tf.inputs.batch_pipeline import BatchPipeline
    from camenn_tf.training.run import LoadedRun


def loaded_run(run_dir: str) -> tuple[LoadedRun, BatchPipeline]:
    """The run, and the pipeline of its validation split with labels and weights of alignment rows."""
    from camenn_tf.evaluation.alignment_report import KEYS
    from camenn_tf.evaluation.open_split import open_split
    from camenn_tf.training.run import load_run

    run = load_run(run_dir)
    return run, open_split(run, "validation", KEYS)

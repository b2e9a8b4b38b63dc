"""Which experts a trained model's gates choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # --help should not wait for TensorFlow
    from camenn_tf.inputs.batch_pipeline import BatchPipeline
    from camenn_tf.training.run import LoadedRun

BATCHES = 8  # of the validation split


def gate_use(run: LoadedRun, pipeline: BatchPipeline) -> dict[str, Any]:
    """`gates`: by task, how often each expert is chosen and its mean weight before the choice, on validation data."""
    from camenn_tf.inputs.alignment_pairs import alignment_batches, alignment_pairs
    from camenn_tf.training.inspection import gates

    collect = gates(run.model, pipeline)
    pairs = alignment_batches(alignment_pairs(pipeline), pipeline, run.config.evaluate.batch_size)
    found = {**collect(pairs), **_of("cvr", collect(pipeline.dataset().take(BATCHES)))}
    return {
        "gates": {
            task: {
                "use": [round(float(value), 4) for value in part.use],
                "mean": [round(float(value), 4) for value in part.probabilities.mean(0)],
            }
            for task, part in sorted(found.items())
        }
    }


def _of(task: str, found: dict[str, Any]) -> dict[str, Any]:
    return {task: found[task]} if task in found else {}

"""How well a trained run tells fitting texts and pictures from others, by kind of pairs."""

from __future__ import annotations

from typing import Any

from camenn_tf.evaluation.alignment import TASKS, fit_thresholds, judge_alignment
from camenn_tf.evaluation.truth import Truth
from camenn_tf.inputs.alignment_pairs import AlignmentPairs, alignment_batches, alignment_pairs
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.training.run import LoadedRun

KEYS = ("alignment_label", "alignment_weight")


def alignment_tasks(run: LoadedRun) -> tuple[str, ...]:
    """The alignment tasks that the run's model has."""
    return tuple(task for task in TASKS if task in run.model.output)


def alignment_report(run: LoadedRun, pipeline: BatchPipeline, score: Any, truth: Truth | None) -> dict[str, Any]:
    """By kind of pairs and task: `all`, with a truth `clean` items alone, with coarse classes donors of the same.

    For the test split accuracy also stands at the threshold that is best on validation pairs of the same kind.
    """
    size, tasks = run.config.evaluate.batch_size, alignment_tasks(run)
    known = _pairs(pipeline.of_split("validation"), truth) if pipeline.split == "test" else {}
    report = {}
    for name, part in _pairs(pipeline, truth).items():
        fitted = fit_thresholds(score, alignment_batches(known[name], pipeline, size), tasks) if known else None
        report[name] = judge_alignment(score, alignment_batches(part, pipeline, size), tasks, fitted)
    return report


def _pairs(pipeline: BatchPipeline, truth: Truth | None) -> dict[str, AlignmentPairs]:
    pairs = {"all": alignment_pairs(pipeline)}
    if truth is not None:
        pairs["clean"] = alignment_pairs(pipeline, ~truth.dirty)
    if pipeline.info.schema.alignment_coarse_class:
        pairs["same_coarse_class"] = alignment_pairs(pipeline, same_coarse_class=True)
    return pairs

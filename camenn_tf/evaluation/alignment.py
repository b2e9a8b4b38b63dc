"""Judges whether a model tells an item's own text and image from those of another item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf

from camenn_tf import metrics
from camenn_tf.evaluation.pair_scores import Batch, Column, pair_scores

TASKS = ("ita", "tia")
THRESHOLD = 0.5
NO_PAIR = 2.0  # a threshold that no score reaches
VIEWS = ("both", "text_only", "image_only")
_NONE = 0  # index of the padding row: an item with neither text nor image

Score = Callable[[Batch], Mapping[str, tf.Tensor]]


def judge_alignment(
    score: Score,
    batches: Iterable[Batch],
    tasks: tuple[str, ...] = TASKS,
    thresholds: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Accuracy at threshold .5 and AUC of the alignment tasks on (text, image) pairs, items alone.

    Two controls say whether the pairs can be told without looking at both sides: the same model's score with the image
    taken away (`text_only`) and with the text taken away (`image_only`) must be right half of the time.

    Args:
      score: from a batch to outputs with `ita` and `tia` [A].
      batches: B = 0, alignment rows of task 2 (both), labels in `alignment_label`; rows of weight 0 are dropped.
      tasks: the outputs the model has.
      thresholds: by task another threshold, fitted on other pairs (`fit_thresholds`); None = none.

    Returns:
      By task `pairs`, `accuracy`, `auc` and by control `text_only`, `image_only` the accuracy; None for no pairs. With
      thresholds also `fitted_threshold` and `fitted_accuracy`.
    """

    def views(batch: Batch) -> dict[tuple[str, str], tf.Tensor]:
        return {(task, view): value for view, seen in _views(batch).items() for task, value in score(seen).items()}

    labels, scores = pair_scores(views, batches, [(task, view) for task in tasks for view in VIEWS])
    report = {task: _judge(labels, {view: scores[task, view] for view in VIEWS}) for task in tasks}
    for task, threshold in (thresholds or {}).items():
        if len(labels):
            accuracy = metrics.accuracy(labels, scores[task, "both"], threshold)
            report[task] |= {"fitted_threshold": threshold, "fitted_accuracy": accuracy}
    return report


def fit_thresholds(score: Score, batches: Iterable[Batch], tasks: tuple[str, ...] = TASKS) -> dict[str, float]:
    """By task the threshold that is right most often on these pairs; {} for no pairs."""
    labels, scores = pair_scores(score, batches, tasks)
    if not len(labels):
        return {}
    # Infinity, where it is best to call nothing genuine, is no JSON; scores are at most 1.
    return {task: min(metrics.best_threshold(labels, values), NO_PAIR) for task, values in scores.items()}


def _views(batch: Batch) -> dict[str, Batch]:
    """The batch as it is, with every image taken away, and with every text taken away."""
    return {
        "both": batch,
        "text_only": {**batch, "alignment_image": tf.fill(tf.shape(batch["alignment_image"]), _NONE)},
        "image_only": {**batch, "alignment_text": tf.fill(tf.shape(batch["alignment_text"]), _NONE)},
    }


def _judge(label: Column, score: dict[str, Column]) -> dict[str, Any]:
    if not len(label):
        return {"pairs": 0, "accuracy": None, "auc": None, "text_only": None, "image_only": None}
    return {
        "pairs": len(label),
        "accuracy": metrics.accuracy(label, score["both"], THRESHOLD),
        "auc": metrics.auc(label, score["both"]),
        "text_only": metrics.accuracy(label, score["text_only"], THRESHOLD),
        "image_only": metrics.accuracy(label, score["image_only"], THRESHOLD),
    }

"""The losses of the tasks and what is counted beside them, as sums that add up over replicas."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.errors import UserError
from camenn_tf.tasks import BOTH_TASKS, CVR, ITA, TASK_CODES, TIA

# The paper's three; whether a pair matches (PairMatch, FashionBERT); and what a model computes by itself, [A, 2]: sum
# and weight of each alignment row's own losses.
OWN_LOSSES = ("masked_text", "masked_patches")
TASKS = (CVR, ITA, TIA, "match", *OWN_LOSSES)
BINS = 200  # of the running CVR AUC

Tensors = Mapping[str, tf.Tensor]


def active_tasks(config: ConfigDict, outputs: Mapping[str, object]) -> tuple[str, ...]:
    """The tasks that are trained at all, in warm-up or in joint training."""
    trained = {**joint_weights(config, outputs), **warm_up_weights(config, outputs)}
    return tuple(task for task in TASKS if task in trained)


def joint_weights(config: ConfigDict, outputs: Mapping[str, object]) -> dict[str, float]:
    """Tasks and weights of the joint loss: outputs that the configuration neither leaves out nor weighs with 0."""
    weights = config.fashionbert.weights if _is_fashionbert(config) else config.alignment.weights
    return _weights(config, outputs, weights)


def warm_up_weights(config: ConfigDict, outputs: Mapping[str, object]) -> dict[str, float]:
    """The same for warm-up steps, which have no cvr; empty without warm-up."""
    # FashionBERT has one set: to it a warm-up step is a step like any other.
    weights = config.fashionbert.weights if _is_fashionbert(config) else config.alignment.warmup_weights
    return _weights(config, outputs, weights) if warm_up_steps(config, outputs) else {}


def trains_alignment(config: ConfigDict, outputs: Mapping[str, object]) -> bool:
    """Whether there is any task on alignment rows."""
    return any(task != "cvr" for task in active_tasks(config, outputs))


def is_adaptive(config: ConfigDict) -> bool:
    """Whether the tasks of each step are weighed by `adaptive_weights` as well."""
    return _is_fashionbert(config) and bool(config.fashionbert.adaptive)


def check_weights(config: ConfigDict) -> None:
    """Raises UserError that names the key.

    A weight may not be below 0, that of what early stopping watches not 0, and warm-up steps need something to train.
    """
    for name in ("weights", "warmup_weights"):
        for task, weight in config.alignment[name].items():
            if not weight >= 0:
                raise UserError(f"alignment.{name}.{task}={weight}: expected 0 (off) or more")
    if config.alignment.weights.cvr == 0 and not _is_fashionbert(config):
        raise UserError(
            "alignment.weights.cvr=0.0: expected more, early stopping judges by conversion; for texts and pictures "
            "alone there is model.name=fashionbert"
        )
    for task, weight in config.fashionbert.weights.items():
        if not weight >= 0:
            raise UserError(f"fashionbert.weights.{task}={weight}: expected 0 (off) or more")
    if config.fashionbert.weights.match == 0:
        raise UserError("fashionbert.weights.match=0.0: expected more, the matching score is what the model is for")
    every = dict.fromkeys(TASKS)
    if warm_up_steps(config, every) and not warm_up_weights(config, every):
        raise UserError(
            f"alignment.warmup_steps={config.alignment.warmup_steps}, but alignment.warmup_weights gives no task that "
            "is on a weight above 0: there is nothing to warm up, set warmup_steps to 0"
        )


def warm_up_steps(config: ConfigDict, outputs: Mapping[str, object]) -> int:
    """Steps of the alignment warm-up; none for a model without alignment tasks, or with both switched off."""
    alignment = config.alignment
    has_tasks = any(task in outputs for task in TASKS if task != "cvr")
    return int(alignment.warmup_steps) if has_tasks and (alignment.ita or alignment.tia) else 0


def _is_fashionbert(config: ConfigDict) -> bool:
    return bool(config.model.name == "fashionbert")


def _weights(config: ConfigDict, outputs: Mapping[str, object], weights: Mapping[str, float]) -> dict[str, float]:
    ita, tia = config.alignment.ita, config.alignment.tia
    wanted = {**dict.fromkeys(TASKS, ita or tia), "cvr": True, "ita": ita, "tia": tia}
    return {
        task: float(weights[task])
        for task in TASKS
        if task in outputs and wanted[task] and task in weights and weights[task] > 0
    }


def row_weights(batch: Tensors, tasks: tuple[str, ...]) -> dict[str, tf.Tensor]:
    """Weight of each row in each task: [B] for cvr, [A] for the others; 0 for a row of the other alignment task.

    `match` is judged on all pairs; a positive that ITA and TIA share counts twice, so that it weighs as its negatives.
    An own loss takes the rows as they are, each multiplied by the weight that the model gives it.
    """
    weights = {}
    for task in tasks:
        if task == "cvr":
            weights[task] = batch["weight"]
        elif task == "match":
            shared = tf.equal(batch["alignment_task"], BOTH_TASKS)
            weights[task] = batch["alignment_weight"] * tf.where(shared, 2.0, 1.0)
        elif task in OWN_LOSSES:
            weights[task] = batch["alignment_weight"]
        else:
            other = TIA if task == ITA else ITA
            of_task = tf.not_equal(batch["alignment_task"], TASK_CODES[other])
            weights[task] = batch["alignment_weight"] * tf.cast(of_task, tf.float32)
    return weights


def label(batch: Tensors, task: str) -> tf.Tensor:
    """The labels that a task's rows are judged by: [B] or [A], 0 or 1."""
    return batch["label"] if task == "cvr" else batch["alignment_label"]


def target(batch: Tensors, task: str, smoothing: float) -> tf.Tensor:
    """What a task's rows are trained towards: `label`, and y (1 - smoothing) + smoothing / 2 of alignment rows.

    Where a catalogue has few pairs, they are learnt by heart as long as there is a gradient in it, and genuine pairs of
    new items then score below one half; smoothed targets are reached before (Szegedy et al. 2016, section 7).
    """
    given = label(batch, task)
    return given if task == "cvr" or not smoothing else given * (1.0 - smoothing) + 0.5 * smoothing


def loss_sum(batch: Tensors, task: str, output: tf.Tensor, weight: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Sum of a task's losses over rows of these weights, and the weight it is to be divided by: float32 [2]."""
    if task in OWN_LOSSES:
        return tf.linalg.matvec(tf.cast(output, tf.float32), weight, transpose_a=True)
    return tf.stack([cross_entropy_sum(target(batch, task, smoothing), output, weight), tf.reduce_sum(weight)])


def cross_entropy_sum(label: tf.Tensor, probability: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """sum_i weight_i * -(label_i log p_i + (1 - label_i) log(1 - p_i)), p clipped to [1e-7, 1 - 1e-7]; float32 scalar.

    Beyond a logit of 16.1 on the wrong side the loss is constant and has no gradient. A row of weight 0 adds exactly 0,
    and so does an empty batch.
    """
    probability = tf.clip_by_value(tf.cast(probability, tf.float32), 1e-7, 1.0 - 1e-7)
    loss = -label * tf.math.log(probability) - (1.0 - label) * tf.math.log(1.0 - probability)
    return tf.reduce_sum(weight * loss)


def correct_sum(batch: Tensors, task: str, output: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Weight of the rows that the threshold .5 puts on the right side; float32 scalar, 0 for an own loss."""
    if task in OWN_LOSSES:
        return tf.zeros([])
    right = tf.equal(tf.cast(output, tf.float32) >= 0.5, label(batch, task) >= 0.5)
    return tf.reduce_sum(weight * tf.cast(right, tf.float32))


def score_histogram(label: tf.Tensor, probability: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Weights of negatives, then of positives, by score in `BINS` equal bins: float32 [2 * BINS]."""
    bins = tf.cast(tf.cast(probability, tf.float32) * BINS, tf.int32)
    bins = tf.clip_by_value(bins, 0, BINS - 1) + BINS * tf.cast(label >= 0.5, tf.int32)
    return tf.math.unsorted_segment_sum(weight, bins, 2 * BINS)

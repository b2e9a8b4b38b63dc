"""Which rows go to which task, and back."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.packing import row_means
from camenn_tf.tasks import BOTH_TASKS, CVR, TASK_CODES


@keras.saving.register_keras_serializable(package="camenn_tf")
class TaskStreams(keras.layers.Layer):
    """The rows of each task with what its gate reads: samples for CVR, alignment rows of the task for ITA and TIA.

    Args:
      tasks: names among `cvr`, `ita`, `tia`.
      fixed_shapes: give every alignment row to both tasks, so that all shapes are known; losses weigh the others 0.

    Input: `rows` (output of RowTokens or SlotMeans), `target` [B], `alignment_task` int32 [A] or None.

    Output: by task a dict of `row` int32 [n], `means` [n, E] (of the row's tokens) and, for alignment, `place`
    int32 [n], which of the A rows it is.
    """

    def __init__(self, tasks: tuple[str, ...] | list[str], fixed_shapes: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tasks = tuple(tasks)
        self.fixed_shapes = fixed_shapes

    def call(
        self, rows: dict[str, tf.Tensor], target: tf.Tensor, alignment_task: tf.Tensor | None = None
    ) -> dict[str, dict[str, tf.Tensor]]:
        means = rows["means"] if "means" in rows else row_means(rows)  # [R, E]
        streams = {}
        for task in self.tasks:
            if task == CVR:
                samples = tf.size(target)
                # a split's gradient is one copy, a slice's two passes
                own, _ = tf.split(means, [samples, tf.shape(means)[0] - samples])
                streams[task] = {"row": tf.range(samples), "means": own}
                continue
            if self.fixed_shapes:
                place = tf.range(tf.size(alignment_task))
            else:
                of_task = (alignment_task == TASK_CODES[task]) | (alignment_task == BOTH_TASKS)
                place = tf.cast(tf.where(of_task)[:, 0], tf.int32)
            row = tf.gather(rows["alignment_row"], place)
            streams[task] = {"row": row, "means": tf.gather(means, row), "place": place}
        return streams

    def compute_output_spec(
        self, rows: dict[str, Any], target: keras.KerasTensor, alignment_task: keras.KerasTensor | None = None
    ) -> dict[str, dict[str, keras.KerasTensor]]:
        # Every output needs a symbolic tensor of its own: Keras tells them apart by identity.
        specs = {}
        kind = "means" if "means" in rows else "tokens"
        for task in self.tasks:
            means = keras.KerasTensor((None, rows[kind].shape[-1]), dtype=self.compute_dtype)
            names = ("row",) if task == CVR else ("row", "place")
            specs[task] = {"means": means, **{name: keras.KerasTensor((None,), dtype="int32") for name in names}}
        return specs

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "tasks": list(self.tasks), "fixed_shapes": self.fixed_shapes}


@keras.saving.register_keras_serializable(package="camenn_tf")
class AlignmentScores(keras.layers.Layer):
    """Puts one alignment task's probabilities [n] back in the order of the A alignment rows; 0.5 for other rows."""

    def __init__(self, **kwargs: Any) -> None:
        # Half precision would round probabilities above .998 to 1: they keep the type that the tower gave them.
        super().__init__(autocast=False, **kwargs)

    def call(self, scores: tf.Tensor, place: tf.Tensor, alignment_task: tf.Tensor) -> tf.Tensor:
        half = tf.fill(tf.shape(alignment_task), tf.cast(0.5, scores.dtype))
        return tf.tensor_scatter_nd_update(half, place[:, None], scores)

    def compute_output_spec(
        self, scores: keras.KerasTensor, place: keras.KerasTensor, alignment_task: keras.KerasTensor
    ) -> keras.KerasTensor:
        return keras.KerasTensor(alignment_task.shape, dtype=scores.dtype)

"""What experts made of a task's rows, weighted by its gate."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.packing import flat_ranges, row_starts


@keras.saving.register_keras_serializable(package="camenn_tf")
class MixedRows(keras.layers.Layer):
    """sum_j g_j X_j of the rows of a task, for experts that all saw all rows.

    Input: `experts`, M times the tokens X_j [S, W] of all rows (padded: [R L, W]); `shape` {"lengths": int32 [R]} or
    {"mask": bool [R, L]} of those; `row` int32 [n], the task's; `gate` [n, M].

    Output: packed or padded rows like the input's, of the task alone: {"tokens", "lengths" or "mask"}.
    """

    def call(
        self, experts: list[tf.Tensor], shape: dict[str, tf.Tensor], row: tf.Tensor, gate: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        stacked = tf.stack(experts, 1)  # [S, M, W]
        if "mask" in shape:
            mask = tf.gather(shape["mask"], row)
            blocks = tf.reshape(stacked, [-1, shape["mask"].shape[1], len(experts), stacked.shape[-1]])
            mixed = tf.einsum("nlmw,nm->nlw", tf.gather(blocks, row), gate)
            return {"tokens": tf.reshape(mixed, [-1, stacked.shape[-1]]), "mask": mask}
        lengths = tf.gather(shape["lengths"], row)
        token = flat_ranges(tf.gather(row_starts(shape["lengths"]), row), lengths)
        weights = tf.gather(gate, tf.repeat(tf.range(tf.size(row)), lengths))  # [S', M]
        return {"tokens": tf.einsum("smw,sm->sw", tf.gather(stacked, token), weights), "lengths": lengths}

    def compute_output_spec(
        self,
        experts: list[keras.KerasTensor],
        shape: dict[str, keras.KerasTensor],
        row: keras.KerasTensor,
        gate: keras.KerasTensor,
    ) -> dict[str, keras.KerasTensor]:
        (key,) = shape
        return {
            "tokens": keras.KerasTensor((None, experts[0].shape[-1]), dtype=self.compute_dtype),
            key: keras.KerasTensor((row.shape[0], *shape[key].shape[1:]), dtype=shape[key].dtype),
        }

    def get_config(self) -> dict[str, Any]:
        return super().get_config()

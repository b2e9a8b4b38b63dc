"""Packed rows as one block, for networks that go through a row step by step."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="camenn_tf")
class PaddedRows(keras.layers.Layer):
    """Rows to `tokens` [R, L, E] and `mask` bool [R, L], L the longest row; padding is zeros.

    Input: packed rows {"tokens": [S, E], "lengths": int32 [R]} or padded ones {"tokens": [R L, E], "mask": [R, L]}.
    """

    def call(self, rows: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        tokens = rows["tokens"]
        if "mask" in rows:
            mask = rows["mask"]
            block = tf.reshape(tokens, [-1, mask.shape[1], tokens.shape[-1]])
            return {"tokens": block * tf.cast(mask, tokens.dtype)[:, :, None], "mask": mask}
        block = tf.RaggedTensor.from_row_lengths(tokens, rows["lengths"], validate=False).to_tensor()
        return {"tokens": block, "mask": tf.sequence_mask(rows["lengths"], tf.shape(block)[1])}

    def compute_output_spec(self, rows: dict[str, keras.KerasTensor]) -> dict[str, keras.KerasTensor]:
        length = rows["mask"].shape[1] if "mask" in rows else None
        return {
            "tokens": keras.KerasTensor((None, length, rows["tokens"].shape[-1]), dtype=self.compute_dtype),
            "mask": keras.KerasTensor((None, length), dtype="bool"),
        }

    def get_config(self) -> dict[str, Any]:
        return super().get_config()

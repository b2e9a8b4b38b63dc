"""Rows of a text and a picture, and nothing else."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import gather_rows
from camenn_tf.layers.packing import flat_ranges, row_starts


@keras.saving.register_keras_serializable(package="camenn_tf")
class PairRows(keras.layers.Layer):
    """Gathers [CLS] text [SEP] patches of each alignment row, packed.

    Input: a dict, the output of ItemTokens; int32 [A] `text_index` and `image_index`, whose text and whose patches.

    Output: a dict of `tokens` [S, E], `lengths` int32 [A], and where in `tokens` each row's text and patches begin:
    `text_start`, `image_start` int32 [A].
    """

    def call(self, items: dict[str, tf.Tensor], text_index: tf.Tensor, image_index: tf.Tensor) -> dict[str, tf.Tensor]:
        text, image = tf.gather(items["text_length"], text_index), tf.gather(items["image_length"], image_index)
        starts = tf.stack([tf.gather(items["text_start"], text_index), tf.gather(items["image_start"], image_index)], 1)
        parts = tf.stack([text, image], 1)  # [A, 2]
        index = flat_ranges(tf.reshape(starts, [-1]), tf.reshape(parts, [-1]))
        begin = row_starts(text + image)
        return {
            "tokens": gather_rows(items["tokens"], index),
            "lengths": text + image,
            "text_start": begin,
            "image_start": begin + text,
        }

    def compute_output_spec(
        self, items: dict[str, keras.KerasTensor], text_index: keras.KerasTensor, image_index: keras.KerasTensor
    ) -> dict[str, keras.KerasTensor]:
        names = ("lengths", "text_start", "image_start")
        return {
            "tokens": keras.KerasTensor((None, items["tokens"].shape[-1]), dtype=self.compute_dtype),
            **{name: keras.KerasTensor(text_index.shape, dtype="int32") for name in names},
        }

    def get_config(self) -> dict[str, Any]:
        return super().get_config()

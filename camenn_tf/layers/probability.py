"""The last step of every baseline."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="camenn_tf")
class Probability(keras.layers.Layer):
    """sigmoid(x) in float32 at least: half precision would round what is above .998 to 1.

    Input and output shape: [B].
    """

    def call(self, logits: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(tf.cast(logits, self._type))

    def compute_output_spec(self, logits: Any) -> keras.KerasTensor:
        return keras.KerasTensor(logits.shape, dtype=self._type)

    @property
    def _type(self) -> str:
        return "float64" if self.compute_dtype == "float64" else "float32"

"""The last step of every baseline."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import logit_type


@keras.saving.register_keras_serializable(package="camenn_tf")
class Probability(keras.layers.Layer):
    """sigmoid(x) in `logit_type`. Input and output shape: [B]."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # logits come in wider than the layer computes

    def call(self, logits: tf.Tensor) -> tf.Tensor:
        return tf.sigmoid(tf.cast(logits, logit_type(self.compute_dtype)))

    def compute_output_spec(self, logits: Any) -> keras.KerasTensor:
        return keras.KerasTensor(logits.shape, dtype=logit_type(self.compute_dtype))

"""An auxiliary alignment task on the encoders alone: do the mean text and the mean image of a pair point one way?"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

SCALE, BIAS = 5.0, -1.0  # initial values: half of the pairs fit, and a cosine moves the probability by a few logits


@keras.saving.register_keras_serializable(package="camenn_tf")
class PairMatch(keras.layers.Layer):
    """p = sigmoid(s cos(t, v) + b) of alignment rows, t and v an item's mean text and image vectors; s, b are learnt.

    Not in the paper, and off by default (`alignment.weights.match`). The paper's encoders are pretrained; encoders that
    begin from nothing learn pairs of a small catalogue by heart when the whole model stands between them. With this
    loss, which only the cosine of two vectors can lower, they learn what text and image have in common first
    (docs/decisions.md).

    Input: `items`, with `text_mean` and `image_mean` [U, E] (ItemTokens), and int32 [A] `text`, `image`: whose.

    Output: float32 probabilities [A].
    """

    def build(self, items_shape: Any, text_shape: Any = None, image_shape: Any = None) -> None:
        self.scale = self.add_weight(shape=(), initializer=keras.initializers.Constant(SCALE), name="scale")
        self.bias = self.add_weight(shape=(), initializer=keras.initializers.Constant(BIAS), name="bias")

    def call(self, items: dict[str, tf.Tensor], text: tf.Tensor, image: tf.Tensor) -> tf.Tensor:
        text_vector, image_vector = (
            tf.math.l2_normalize(tf.gather(items[f"{part}_mean"], index), -1, epsilon=1e-6)
            for part, index in (("text", text), ("image", image))
        )
        cosine = tf.reduce_sum(text_vector * image_vector, -1)
        scale, bias = (tf.cast(tf.convert_to_tensor(weight), cosine.dtype) for weight in (self.scale, self.bias))
        logits = scale * cosine + bias
        return tf.sigmoid(tf.cast(logits, tf.float64 if logits.dtype == tf.float64 else tf.float32))

    def compute_output_spec(
        self, items: dict[str, keras.KerasTensor], text: keras.KerasTensor, image: keras.KerasTensor
    ) -> keras.KerasTensor:
        return keras.KerasTensor(text.shape, dtype="float64" if self.compute_dtype == "float64" else "float32")

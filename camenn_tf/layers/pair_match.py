"""An auxiliary alignment task on the encoders alone: do the mean text and the mean image of a pair point one way?"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import logit_type

SCALE, BIAS = 5.0, -1.0  # initial values: half of the pairs fit, and a cosine moves the probability by a few logits


@keras.saving.register_keras_serializable(package="camenn_tf")
class PairMatch(keras.layers.Layer):
    """p = sigmoid(s cos(t, v) + b) of alignment rows, t = W_t mean(f_text), v = W_v mean(f_image); s, b are learnt.

    Not in the paper, and off by default (`alignment.weights.match`). The paper's encoders are pretrained; encoders that
    begin from nothing learn pairs of a small catalogue by heart when the whole model stands between them. With this
    loss, which only the cosine of two vectors can lower, they learn what text and image have in common first. Its
    projections are its own, as those of ItemTokens serve conversion, too (docs/decisions.md).

    Args:
      embedding_size: E, the size of the two vectors.

    Input: a dict with `text` [U, L, Dt], `text_length` int32 [U], `image` [U, P, Di] (encoder states of the distinct
    items), and int32 [A] `text_index`, `image_index`: whose.

    Output: float32 probabilities [A].
    """

    def __init__(self, embedding_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.embedding_size = embedding_size

    def build(self, items_shape: dict[str, Any], text_index_shape: Any = None, image_index_shape: Any = None) -> None:
        size = self.embedding_size
        self.text_kernel = self.add_weight(shape=(items_shape["text"][-1], size), name="text_kernel")
        self.image_kernel = self.add_weight(shape=(items_shape["image"][-1], size), name="image_kernel")
        self.scale = self.add_weight(shape=(), initializer=keras.initializers.Constant(SCALE), name="scale")
        self.bias = self.add_weight(shape=(), initializer=keras.initializers.Constant(BIAS), name="bias")

    def call(self, items: dict[str, tf.Tensor], text_index: tf.Tensor, image_index: tf.Tensor) -> tf.Tensor:
        states, image = (tf.cast(items[part], self.compute_dtype) for part in ("text", "image"))
        length = items["text_length"]
        real = tf.sequence_mask(length, tf.shape(states)[1], states.dtype)  # [U, L]
        text_mean = tf.einsum("ul,uld->ud", real, states) / tf.maximum(tf.cast(length, states.dtype), 1)[:, None]
        text = self._direction(text_mean, self.text_kernel)  # [U, E]
        image = self._direction(tf.reduce_mean(image, 1), self.image_kernel)  # [U, E]
        cosine = tf.reduce_sum(tf.gather(text, text_index) * tf.gather(image, image_index), -1)
        scale, bias = (tf.cast(tf.convert_to_tensor(weight), cosine.dtype) for weight in (self.scale, self.bias))
        return tf.sigmoid(tf.cast(scale * cosine + bias, logit_type(self.compute_dtype)))

    def _direction(self, mean: tf.Tensor, kernel: keras.Variable) -> tf.Tensor:
        projected = tf.matmul(mean, tf.cast(tf.convert_to_tensor(kernel), mean.dtype))
        return tf.math.l2_normalize(projected, -1, epsilon=1e-6)

    def compute_output_spec(
        self, items: dict[str, keras.KerasTensor], text_index: keras.KerasTensor, image_index: keras.KerasTensor
    ) -> keras.KerasTensor:
        return keras.KerasTensor(text_index.shape, dtype=logit_type(self.compute_dtype))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "embedding_size": self.embedding_size}

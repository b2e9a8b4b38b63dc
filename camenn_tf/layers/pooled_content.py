"""Text and picture as two more fields of an item."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="camenn_tf")
class PooledContent(keras.layers.Layer):
    """An item's mean text state and mean patch feature, each projected: what any baseline can read of its content.

    An item without text, or without picture, gets a learnt vector in its place.

    Args:
      embedding_size: E.

    Input: a dict with `text` [U, L, Dt], `text_length` int32 [U], `image` [U, P, Di], `has_image` bool [U].
    Output shape: [U, 2, E].
    """

    def __init__(self, embedding_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.embedding_size = embedding_size
        self.projections = {
            name: keras.layers.Dense(embedding_size, dtype=self.dtype_policy, name=name) for name in ("text", "image")
        }

    def build(self, input_shape: dict[str, Any]) -> None:
        for name, layer in self.projections.items():
            layer.build((None, input_shape[name][-1]))
        self.missing = self.add_weight(shape=(2, self.embedding_size), initializer="zeros", name="missing_bias")

    def call(self, content: dict[str, tf.Tensor]) -> tf.Tensor:
        text, length = tf.cast(content["text"], self.compute_dtype), content["text_length"]
        real = tf.cast(tf.sequence_mask(length, tf.shape(text)[1]), text.dtype)  # [U, L]
        counts = tf.cast(tf.maximum(length, 1), text.dtype)[:, None]
        means = {
            "text": tf.einsum("ul,uld->ud", real, text) / counts,
            "image": tf.reduce_mean(tf.cast(content["image"], self.compute_dtype), 1),
        }
        missing = tf.cast(tf.convert_to_tensor(self.missing), self.compute_dtype)
        there = tf.stack([length > 0, content["has_image"]], 1)  # [U, 2]
        vectors = tf.stack([layer(means[name]) for name, layer in self.projections.items()], 1)
        return tf.where(there[:, :, None], vectors, missing)

    def compute_output_spec(self, content: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
        return keras.KerasTensor((content["text_length"].shape[0], 2, self.embedding_size), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "embedding_size": self.embedding_size}

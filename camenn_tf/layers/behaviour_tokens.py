"""The sequence of bought items and the target, for BST."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import gather_rows

PLACE_SPREAD = 0.1


@keras.saving.register_keras_serializable(package="camenn_tf")
class BehaviourTokens(keras.layers.Layer):
    """Tokens of the target (place 0), the newest purchase (1), the one before it (2) and so on, padded.

    Args:
      places: N + 1.

    Input: items [U, E], target int32 [B], history int32 [B, N] (0 = none, newest last).
    Output: a dict: `tokens` [B (N + 1), E] and `mask` bool [B, N + 1].
    """

    def __init__(self, places: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places = places

    def build(self, items_shape: Any, target_shape: Any, history_shape: Any) -> None:
        self.place = self.add_weight(
            shape=(self.places, items_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=PLACE_SPREAD),
            name="position_embedding",
        )

    def call(self, items: tf.Tensor, target: tf.Tensor, history: tf.Tensor) -> dict[str, tf.Tensor]:
        index = tf.concat([target[:, None], history[:, ::-1]], 1)  # [B, N + 1]
        tokens = gather_rows(items, index) + tf.cast(tf.convert_to_tensor(self.place), items.dtype)
        mask = tf.concat([tf.ones_like(target, tf.bool)[:, None], index[:, 1:] > 0], 1)
        return {"tokens": tf.reshape(tokens, [-1, items.shape[-1]]), "mask": mask}

    def compute_output_spec(
        self, items: keras.KerasTensor, target: keras.KerasTensor, history: keras.KerasTensor
    ) -> dict[str, keras.KerasTensor]:
        return {
            "tokens": keras.KerasTensor((None, items.shape[-1]), dtype=self.compute_dtype),
            "mask": keras.KerasTensor((target.shape[0], self.places), dtype="bool"),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "places": self.places}

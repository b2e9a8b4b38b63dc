"""Pictures with patches hidden."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.masking import choose


@keras.saving.register_keras_serializable(package="camenn_tf")
class MaskedPatches(keras.layers.Layer):
    """Puts zeros in the place of a share of the patches' features, in training.

    Args:
      share: of the patches; every one is chosen by itself.

    Input: features [U, P, Di], bool [U], which items have a picture.

    Output: a dict of `states` [U, P, Di] and `chosen` bool [U, P], the patches to be predicted.

    Source: Gao et al. 2020, section 3 (masked patch modelling).
    """

    def __init__(self, share: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.share = share
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, features: tf.Tensor, has_image: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        features = tf.cast(features, self.compute_dtype)
        eligible = tf.repeat(has_image[:, None], features.shape[1], axis=1)  # [U, P]
        chosen = choose(eligible, self.share, self.seed_generator, training)
        return {"states": tf.where(chosen[:, :, None], tf.zeros_like(features), features), "chosen": chosen}

    def compute_output_spec(
        self, features: keras.KerasTensor, has_image: keras.KerasTensor, training: bool = False
    ) -> dict[str, keras.KerasTensor]:
        return {
            "states": keras.KerasTensor(features.shape, dtype=self.compute_dtype),
            "chosen": keras.KerasTensor(features.shape[:2], dtype="bool"),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "share": self.share}

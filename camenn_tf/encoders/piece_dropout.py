"""Texts with words missing: the training-time noise of the text encoder that learns along."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from camenn_tf.encoders.word_pieces import SPECIAL, UNKNOWN


@keras.saving.register_keras_serializable(package="camenn_tf")
class PieceDropout(keras.layers.Layer):
    """Turns a share of a text's pieces into [UNK], in training only; padding, [CLS] and [SEP] stay.

    Args:
      rate: share of the pieces.

    Input and output: int32 piece ids [n, L].
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, ids: Any, training: bool = False) -> Any:
        if not training:
            return ids
        hit = keras.random.uniform(ops.shape(ids), seed=self.seed_generator) < self.rate
        words = ids >= len(SPECIAL)
        return ops.where(ops.logical_and(hit, words), SPECIAL.index(UNKNOWN), ids)

    def compute_output_spec(self, ids: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        return keras.KerasTensor(ids.shape, dtype=ids.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate}

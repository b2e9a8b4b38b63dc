"""Texts with pieces hidden, for an encoder that trains along."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.masking import HIDDEN, REPLACED, choose, inner_pieces, uniform


@keras.saving.register_keras_serializable(package="camenn_tf")
class MaskedPieces(keras.layers.Layer):
    """Hides a share of the piece ids in training, as BERT does: 80% become [MASK], 10% another piece, 10% stay.

    Every piece is chosen by itself; [CLS], [SEP] and padding never are. Without training nothing is.

    Args:
      share: of the pieces.
      pieces: ids there are; 0 is padding.
      mask: id of [MASK].

    Input: int32 ids [U, L], lengths int32 [U] with [CLS] and [SEP].

    Output: a dict of `ids` int32 [U, L] and `chosen` bool [U, L], the pieces to be predicted.

    Source: Devlin et al. 2019, section 3.1; Gao et al. 2020, section 3.
    """

    def __init__(self, share: float, pieces: int, mask: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.share = share
        self.pieces = pieces
        self.mask = mask
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, ids: tf.Tensor, length: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        chosen = choose(inner_pieces(length, tf.shape(ids)[1]), self.share, self.seed_generator, training)
        if not training:
            return {"ids": ids, "chosen": chosen}
        draw = uniform(tf.shape(ids), self.seed_generator)
        others = 1 + tf.cast(uniform(tf.shape(ids), self.seed_generator) * (self.pieces - 1), tf.int32)
        others = tf.minimum(others, self.pieces - 1)  # float32 may round up
        hidden = tf.where(draw < HIDDEN, self.mask, tf.where(draw < HIDDEN + REPLACED, others, ids))
        return {"ids": tf.where(chosen, hidden, ids), "chosen": chosen}

    def compute_output_spec(
        self, ids: keras.KerasTensor, length: keras.KerasTensor, training: bool = False
    ) -> dict[str, keras.KerasTensor]:
        return {
            "ids": keras.KerasTensor(ids.shape, dtype="int32"),
            "chosen": keras.KerasTensor(ids.shape, dtype="bool"),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "share": self.share, "pieces": self.pieces, "mask": self.mask}

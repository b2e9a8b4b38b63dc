"""Texts with states hidden, for an encoder that is frozen."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.masking import HIDDEN, REPLACED, choose, inner_pieces, uniform


@keras.saving.register_keras_serializable(package="camenn_tf")
class MaskedStates(keras.layers.Layer):
    """Hides a share of the text states in training: 80% become a learnt vector, 10% another's state, 10% stay.

    Of a frozen encoder only states are stored, so BERT's rule is applied to these. The other state is one of the
    batch's own. Neighbours were encoded when the hidden piece was still there, so they tell of it; only an encoder that
    trains along can be shown the text without it (MaskedPieces).

    Args:
      share: of the states, without those of [CLS] and [SEP].

    Input: states [U, L, Dt], lengths int32 [U] with [CLS] and [SEP].

    Output: a dict of `states` [U, L, Dt] and `chosen` bool [U, L], the states to be predicted.
    """

    def __init__(self, share: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.share = share
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, states_shape: tuple[int | None, ...], length_shape: Any = None) -> None:
        self.mask_state = self.add_weight(
            shape=(states_shape[-1],), initializer=keras.initializers.RandomNormal(stddev=0.02), name="mask_state"
        )

    def call(self, states: tf.Tensor, length: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        eligible = inner_pieces(length, tf.shape(states)[1])  # [U, L]
        chosen = choose(eligible, self.share, self.seed_generator, training)
        states = tf.cast(states, self.compute_dtype)
        if not training:
            return {"states": states, "chosen": chosen}
        draw = uniform(tf.shape(eligible), self.seed_generator)[:, :, None]
        mask = tf.cast(tf.convert_to_tensor(self.mask_state), states.dtype)
        hidden = tf.where(
            draw < HIDDEN, mask, tf.where(draw < HIDDEN + REPLACED, self._others(states, eligible), states)
        )
        return {"states": tf.where(chosen[:, :, None], hidden, states), "chosen": chosen}

    def _others(self, states: tf.Tensor, eligible: tf.Tensor) -> tf.Tensor:
        """A state of some eligible place for every place: [U, L, Dt]."""
        places = tf.where(tf.reshape(eligible, [-1]))[:, 0]
        count = tf.maximum(tf.size(places), 1)
        draw = uniform(tf.shape(eligible), self.seed_generator)
        index = tf.minimum(tf.cast(draw * tf.cast(count, tf.float32), tf.int32), count - 1)
        # A place more, for a batch that has none.
        places = tf.gather(tf.concat([places, [0]], 0), index)
        return tf.gather(tf.reshape(states, [-1, states.shape[-1]]), places)

    def compute_output_spec(
        self, states: keras.KerasTensor, length: keras.KerasTensor, training: bool = False
    ) -> dict[str, keras.KerasTensor]:
        return {
            "states": keras.KerasTensor(states.shape, dtype=self.compute_dtype),
            "chosen": keras.KerasTensor(states.shape[:2], dtype="bool"),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "share": self.share}

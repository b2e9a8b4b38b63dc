"""Masked patch modelling, and the same for states of a frozen text encoder: what was the hidden vector like?"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import logit_type
from camenn_tf.layers.masking import chosen_places, row_losses


@keras.saving.register_keras_serializable(package="camenn_tf")
class StatePrediction(keras.layers.Layer):
    """KL(softmax(v) || softmax(W x)) for each chosen token x whose true vector is v, summed by row.

    No gradient flows into v: an encoder that trains along must not make its vectors easy to guess.

    Input: tokens [S, E] of packed rows; int32 [A] where each row's part (text or patches) starts in them and whose it
    is; `chosen` bool [U, L] and the true `states` [U, L, D] of the items.

    Output: float32 [A, 2], each row's sum of losses and number of chosen tokens.

    Source: Gao et al. 2020, section 3 (masked patch modelling); one linear layer without bias, as their code has it.
    """

    def build(self, tokens_shape: Any, start_shape: Any, item_shape: Any, chosen_shape: Any, states_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(tokens_shape[-1], states_shape[-1]), name="kernel")

    def call(
        self, tokens: tf.Tensor, start: tf.Tensor, item: tf.Tensor, chosen: tf.Tensor, states: tf.Tensor
    ) -> tf.Tensor:
        row, place = chosen_places(chosen, item)
        hidden = tf.gather(tokens, tf.gather(start, row) + place)  # [m, E]
        predicted = tf.matmul(hidden, tf.cast(tf.convert_to_tensor(self.kernel), hidden.dtype))  # [m, D]
        true = tf.gather_nd(tf.stop_gradient(states), tf.stack([tf.gather(item, row), place], 1))
        log_true, log_predicted = (
            tf.nn.log_softmax(tf.cast(part, logit_type(self.compute_dtype))) for part in (true, predicted)
        )
        loss = tf.reduce_sum(tf.exp(log_true) * (log_true - log_predicted), -1)
        return row_losses(loss, row, tf.size(item))

    def compute_output_spec(
        self,
        tokens: keras.KerasTensor,
        start: keras.KerasTensor,
        item: keras.KerasTensor,
        chosen: keras.KerasTensor,
        states: keras.KerasTensor,
    ) -> keras.KerasTensor:
        return keras.KerasTensor((*item.shape, 2), dtype=logit_type(self.compute_dtype))

    def get_config(self) -> dict[str, Any]:
        return super().get_config()

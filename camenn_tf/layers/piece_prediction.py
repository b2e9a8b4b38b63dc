"""Masked language modelling: which piece was hidden?"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import logit_type
from camenn_tf.layers.layer_norm import LayerNorm
from camenn_tf.layers.masking import chosen_places, row_losses


@keras.saving.register_keras_serializable(package="camenn_tf")
class PiecePrediction(keras.layers.Layer):
    """-log softmax(V Norm(gelu(W x + b)) + c)[piece] for each chosen token x, summed by row.

    Args:
      pieces: ids there are. V is a matrix of its own: the encoders' embeddings are of many makes, not all to be shared.

    Input: tokens [S, E] of packed rows; int32 [A] where each row's text starts in them and whose text it is; `chosen`
    bool [U, L] and the true `ids` int32 [U, L] of the items.

    Output: float32 [A, 2], each row's sum of losses and number of chosen tokens.

    Source: Devlin et al. 2019, section 3.1 and their code's output layer.
    """

    def __init__(self, pieces: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pieces = pieces
        self.norm = LayerNorm(dtype=self.dtype_policy, name="norm")
        self.output_layer = keras.layers.Dense(pieces, dtype=self.dtype_policy, name="pieces")

    def build(self, tokens_shape: Any, start_shape: Any, item_shape: Any, chosen_shape: Any, ids_shape: Any) -> None:
        size = tokens_shape[-1]
        self.transform = keras.layers.Dense(size, "gelu", dtype=self.dtype_policy, name="transform")
        for layer in (self.transform, self.norm, self.output_layer):
            layer.build((None, size))

    def call(
        self, tokens: tf.Tensor, start: tf.Tensor, item: tf.Tensor, chosen: tf.Tensor, ids: tf.Tensor
    ) -> tf.Tensor:
        row, place = chosen_places(chosen, item)
        hidden = tf.gather(tokens, tf.gather(start, row) + place)  # [m, E]
        logits = tf.cast(self.output_layer(self.norm(self.transform(hidden))), logit_type(self.compute_dtype))
        target = tf.gather_nd(ids, tf.stack([tf.gather(item, row), place], 1))
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(target, logits)
        return row_losses(loss, row, tf.size(item))

    def compute_output_spec(
        self,
        tokens: keras.KerasTensor,
        start: keras.KerasTensor,
        item: keras.KerasTensor,
        chosen: keras.KerasTensor,
        ids: keras.KerasTensor,
    ) -> keras.KerasTensor:
        return keras.KerasTensor((*item.shape, 2), dtype=logit_type(self.compute_dtype))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "pieces": self.pieces}

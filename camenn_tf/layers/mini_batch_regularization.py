"""The mini-batch aware regularisation of DIN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable(package="camenn_tf")
class MiniBatchRegularization(keras.layers.Layer):
    """L2 regularisation of the embedding rows that a batch reads (Zhou et al. 2018, section 5.1, eqs. 4 to 6).

        gradient of w_j  +=  lambda alpha_j / n_j w_j

    alpha_j is 1 if a sample of the batch has value j, n_j in how many train samples the value occurs: rare values,
    which are soonest learnt by heart, are held back most. Vectors come through unchanged. In training, each of the c_j
    places that read w_j adds lambda / (n_j c_j) w_j to its gradient, c_j counted over all replicas, so that the sum is
    the term above, however samples are spread; a row that is not read costs one number. The loss stays as it is.

    Args:
      strength: lambda.
      sizes: rows of each field, as in `FieldTokens`.
      counts: n_j of the fields' rows one after the other; they are kept as a weight, and None = they will be loaded.

    Input: vectors [n, F, E]; ids int32 [n, F], the rows they are; held int32 [B, m], which of the n the samples hold, 0
      for none; without it they hold all n. Output shape: [n, F, E].
    """

    def __init__(self, strength: float, sizes: Sequence[int], counts: np.ndarray | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strength = strength
        self.sizes = tuple(int(size) for size in sizes)
        self._counts = np.ones(sum(self.sizes)) if counts is None else counts

    def build(self, vectors_shape: Any, ids_shape: Any, held_shape: Any = None) -> None:
        self.counts = self.add_weight(
            shape=(sum(self.sizes),),
            initializer=lambda shape, dtype: tf.constant(self._counts, dtype, shape),
            dtype="float32",
            trainable=False,
            autocast=False,  # in half precision they would be rounded, and could not be multiplied with float32
            name="train_counts",
        )

    def call(self, vectors: tf.Tensor, ids: tf.Tensor, held: tf.Tensor | None = None, training: bool = False) -> Any:
        if not training:
            return vectors
        offsets = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int32)
        counted = tf.ones_like(ids[:, 0], tf.float32)
        if held is not None:
            places = tf.reshape(held, [-1])
            times = tf.math.unsorted_segment_sum(tf.cast(places > 0, tf.float32), places, tf.shape(ids)[0])
            counted = tf.sign(times)
        counted = tf.broadcast_to(counted[:, None], tf.shape(ids))
        read = _over_replicas(tf.math.unsorted_segment_sum(counted, ids + offsets, sum(self.sizes)))  # c_j
        amounts = tf.maximum(tf.convert_to_tensor(self.counts), 1.0)  # n_j
        rates = counted * tf.gather(tf.math.divide_no_nan(self.strength, read * amounts), ids + offsets)
        return _pulled_to_zero(vectors, tf.cast(rates, vectors.dtype)[:, :, None])

    def compute_output_spec(
        self, vectors: keras.KerasTensor, ids: Any, held: Any = None, training: bool = False
    ) -> keras.KerasTensor:
        return keras.KerasTensor(vectors.shape, dtype=vectors.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "strength": self.strength, "sizes": list(self.sizes)}


@tf.custom_gradient
def _pulled_to_zero(vectors: tf.Tensor, rates: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """The vectors; their gradient has the one of sum rates / 2 vectors^2 added."""
    return tf.identity(vectors), lambda upstream: (upstream + rates * vectors, None)


def _over_replicas(amounts: tf.Tensor) -> tf.Tensor:
    """Sums that each replica has a part of."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return amounts
    return context.all_reduce(tf.distribute.ReduceOp.SUM, amounts)

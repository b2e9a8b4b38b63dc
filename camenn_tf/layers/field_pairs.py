"""Element-wise products of pairs of field vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf


def pair_products(vectors: tf.Tensor) -> tf.Tensor:
    """v_i * v_j of all pairs i < j, in the order of i: [B, F, E] -> [F (F - 1) / 2, B, E].

    A pair's rows stand together, so that gathering copies blocks; so does the gradient, which a plain gather would
    scatter row by row.
    """
    first, second = np.triu_indices(vectors.shape[1], 1)
    by_second = np.lexsort((first, second))  # pairs in the order of their second field

    @tf.custom_gradient
    def products(rows: tf.Tensor) -> tuple[tf.Tensor, Any]:
        left, right = tf.gather(rows, first), tf.gather(rows, second)

        def grad(upstream: tf.Tensor) -> tf.Tensor:
            of_first = _sums(upstream * right, first)
            return of_first + _sums(tf.gather(upstream * left, by_second), second[by_second])

        return left * right, grad

    def _sums(parts: tf.Tensor, field: np.ndarray) -> tf.Tensor:
        """Sums of the blocks of each field, which stand together: [F, B, E]."""
        counts = np.bincount(field, minlength=vectors.shape[1])
        sums = [tf.reduce_sum(block, 0) for block in tf.split(parts, counts)]
        return tf.stack(sums)

    return products(tf.transpose(vectors, [1, 0, 2]))

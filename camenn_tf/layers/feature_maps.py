"""Weighted sums of products of two vectors' entries, without ever holding all products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

COLUMNS = 384  # products of a row that are held at a time, so that they are still in cache when they are multiplied


def feature_maps(left: tf.Tensor, right: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """sum_ij W_ijh l_i r_j of each row.

    Each gradient is such a sum again, of what comes from above and the other side:
    dl_i = sum_hj W_ijh d_h r_j, dr_j = sum_hi W_ijh d_h l_i. Products are made anew for it.

    Args:
      left: [N, I].
      right: [N, J].
      kernel: [I, J, H].

    Returns:
      [N, H].
    """

    @tf.custom_gradient
    def maps(left: tf.Tensor, right: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def grad(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            of_left = _sums(upstream, right, tf.transpose(kernel, [2, 1, 0]))
            of_right = _sums(upstream, left, tf.transpose(kernel, [2, 0, 1]))
            return of_left, of_right, _products_times(left, right, upstream)

        return _sums(left, right, kernel), grad

    return maps(left, right, kernel)


def square_maps(rows: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """`feature_maps` of rows with themselves, sum_ij W_ijh x_i x_j: a product that two weights share is made once.

    Args:
      rows: [N, I].
      kernel: [I, I, H].

    Returns:
      [N, H].
    """
    block = np.arange(rows.shape[1]) // _width(rows.shape[1])
    later = tf.constant(block[:, None] < block[None, :], kernel.dtype)[:, :, None]  # j in a block behind that of i
    folded = (kernel + tf.transpose(kernel, [1, 0, 2])) * later + kernel * (1 - tf.transpose(later, [1, 0, 2]) - later)

    @tf.custom_gradient
    def maps(rows: tf.Tensor, folded: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def grad(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            both = folded + tf.transpose(folded, [1, 0, 2])
            of_rows = _sums(upstream, rows, tf.transpose(both, [2, 0, 1]))
            return of_rows, _products_times(rows, rows, upstream, triangle=True)

        return _sums(rows, rows, folded, triangle=True), grad

    return maps(rows, folded)


def _sums(left: tf.Tensor, right: tf.Tensor, kernel: tf.Tensor, triangle: bool = False) -> tf.Tensor:
    """sum_ij W_ijh l_i r_j; with `triangle` over j from the begin of i's block on."""
    total = tf.zeros([], left.dtype)
    for columns, first in _blocks(left, right, triangle):
        products = _products(left[:, columns], right[:, first:])
        total += tf.matmul(products, tf.reshape(kernel[columns, first:], [-1, kernel.shape[2]]))
    return total


def _products_times(left: tf.Tensor, right: tf.Tensor, upstream: tf.Tensor, triangle: bool = False) -> tf.Tensor:
    """sum_n l_ni r_nj d_nh: [I, J, H]; 0 where `triangle` leaves out."""
    parts = []
    for columns, first in _blocks(left, right, triangle):
        part = tf.matmul(_products(left[:, columns], right[:, first:]), upstream, transpose_a=True)
        part = tf.reshape(part, [-1, right.shape[1] - first, upstream.shape[1]])
        parts.append(tf.pad(part, [[0, 0], [first, 0], [0, 0]]))
    return tf.concat(parts, 0)


def _products(left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """[n, I], [n, J] -> [n, I J]."""
    return tf.reshape(left[:, :, None] * right[:, None, :], [-1, left.shape[1] * right.shape[1]])


def _blocks(left: tf.Tensor, right: tf.Tensor, triangle: bool) -> Iterator[tuple[slice, int]]:
    """Columns of the left side, and the first column of the right side that they are multiplied with."""
    width = _width(right.shape[1])
    for first in range(0, left.shape[1], width):
        yield slice(first, min(first + width, left.shape[1])), first if triangle else 0


def _width(columns: int) -> int:
    return max(1, COLUMNS // columns)

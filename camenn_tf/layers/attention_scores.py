"""Attention scores of all pairs of field vectors, one field's pairs at a time."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def attention_scores(fields: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, score_kernel: tf.Tensor) -> tf.Tensor:
    """Scores h . relu(W (v_i * v_j) + b) of all pairs i < j, in the order of i.

    Products and hidden values of field i's pairs are used up before those of field i + 1 are made, and are made anew
    for the gradient, so they stay in cache and all pairs' are never held. With m = [hidden > 0] and s the gradient of
    a score, every weight's gradient follows from P = sum over pairs of s (v_i * v_j) m' and the sum of s m:
    dW = P h, db = h sum s m, dh = sum_e W * P + b sum s m, since a hidden value is m (W (v_i * v_j) + b).

    Args:
      fields: [F, B, E].
      kernel: W, [E, A].
      bias: b, [A].
      score_kernel: h, [A, 1].

    Returns:
      [F (F - 1) / 2, B].
    """
    count, size = fields.shape[0], fields.shape[2]

    @tf.custom_gradient
    def scores(fields: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, score_kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def products_and_hidden(first: int) -> tuple[tf.Tensor, tf.Tensor]:
            products = tf.reshape(fields[first + 1 :] * fields[first], [-1, size])
            return products, tf.nn.relu(tf.nn.bias_add(tf.matmul(products, kernel), bias))

        def grad(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
            back = tf.transpose(kernel * score_kernel[:, 0])  # [A, E]
            done, rest = [], tf.zeros_like(fields)  # gradients of the fields up to `first`, and of those behind it
            of_kernel, of_bias = tf.zeros_like(kernel), tf.zeros_like(bias)  # P and sum s m
            by_first = tf.split(upstream, range(count - 1, 0, -1))
            for first, above in enumerate(by_first):
                products, hidden = products_and_hidden(first)
                active = tf.sign(hidden) * tf.reshape(above, [-1, 1])  # s m
                of_kernel += tf.matmul(products, active, transpose_a=True)
                of_bias += tf.reduce_sum(active, 0)
                of_products = tf.reshape(tf.matmul(active, back), tf.shape(fields[first + 1 :]))
                done.append(rest[0] + tf.reduce_sum(of_products * fields[first + 1 :], 0))
                rest = rest[1:] + of_products * fields[first]
            of_score = tf.reduce_sum(kernel * of_kernel, 0) + bias * of_bias
            weights = score_kernel[:, 0]
            return tf.stack([*done, rest[0]]), of_kernel * weights, of_bias * weights, of_score[:, None]

        every = [tf.matmul(products_and_hidden(first)[1], score_kernel) for first in range(count - 1)]
        return tf.reshape(tf.concat(every, 0), [-1, tf.shape(fields)[1]]), grad

    return scores(fields, kernel, bias, score_kernel)

"""Multi-head attention on padded rows."""

from __future__ import annotations

import tensorflow as tf

MASKED = -1e9  # added to the score of a key that does not count


@tf.custom_gradient
def masked_attention(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, valid: tf.Tensor) -> tuple[tf.Tensor, object]:
    """softmax(query key^T) value over the valid keys.

    The gradient keeps the probabilities only, and takes the softmax's row sums from the output (sum_j p_j dp_j equals
    dout . out), which saves passes over the largest tensor.

    Args:
      query: [n, H, L, d], already divided by sqrt(d).
      key, value: [n, H, L, d].
      valid: bool [n, L], the keys that count.

    Returns:
      [n, H, L, d]; junk for queries that are padding, to be dropped by the caller.
    """
    scores = tf.matmul(query, key, transpose_b=True)  # [n, H, L, L]
    bias = tf.where(valid, tf.zeros((), scores.dtype), tf.cast(MASKED, scores.dtype))
    probabilities = tf.nn.softmax(scores + bias[:, None, None, :])
    output = tf.matmul(probabilities, value)  # [n, H, L, d]

    def grad(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, None]:
        value_grad = tf.matmul(probabilities, upstream, transpose_a=True)
        row_sums = tf.reduce_sum(upstream * output, -1, keepdims=True)
        score_grad = probabilities * (tf.matmul(upstream, value, transpose_b=True) - row_sums)
        query_grad = tf.matmul(score_grad, key)
        key_grad = tf.matmul(score_grad, query, transpose_a=True)
        return query_grad, key_grad, value_grad, None

    return output, grad

"""FashionBERT's adaptive loss: how much each task counts in a step."""

from __future__ import annotations

import tensorflow as tf


def adaptive_weights(losses: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    """w_i = (K - p_i^2)^-1 / sum_j (K - p_j^2)^-1 with p = softmax(losses), K the number of tasks; sum w = 1.

    The larger a task's loss, the larger its weight, between .29 and .43 for K = 3. No gradient flows through w.

    Found in the authors' code, github.com/alibaba/EasyTransfer (scripts/fashion_bert/pretrain_main.py at f424acc), as
    products of the factors (alpha K - p_j^2), alpha = 1, K = 3. p is the softmax of the three losses there, though its
    variable is named as if it held gradients; of the paper itself only the abstract could be had. Our reading: losses
    as in that code, but the weights are constants of a step, whereas that code differentiates through them. A task
    without rows in a step has no weight, and the others share its part.

    Args:
      losses: float [K], mean losses of a step over all replicas.
      present: bool [K], which tasks have rows.

    Returns:
      Weights [K], 0 where a task has no rows.
    """
    losses = tf.stop_gradient(losses)
    count = losses.shape[0]
    if count == 1:
        return tf.cast(present, losses.dtype)
    share = tf.nn.softmax(tf.where(present, losses, losses.dtype.min))
    raw = tf.cast(present, losses.dtype) / (count - tf.square(share))
    return tf.math.divide_no_nan(raw, tf.reduce_sum(raw))

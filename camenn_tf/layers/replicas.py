"""What replicas exchange in the middle of a model."""

from __future__ import annotations

import tensorflow as tf


def sum_over_replicas(amounts: tf.Tensor) -> tf.Tensor:
    """Sums that each replica has a part of, the same on all; gradients are summed likewise."""
    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return amounts
    return context.all_reduce(tf.distribute.ReduceOp.SUM, amounts)

"""What half precision would spoil: bfloat16 has eight bits, so that logits tie and sums of ones end at 256."""

from __future__ import annotations

import keras
import tensorflow as tf


def logit_type(compute_dtype: str | None = None) -> str:
    """The type of logits: float32, or float64 where layers compute in that.

    Args:
      compute_dtype: the layer's; None = of the global policy.
    """
    return "float64" if (compute_dtype or keras.config.dtype_policy().compute_dtype) == "float64" else "float32"


def add_bias(values: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """[n, D] + [D]. `tf.nn.bias_add` is fused with the product, but on CPUs its gradient sums in the values' type."""
    return values + bias if values.dtype.size == 2 else tf.nn.bias_add(values, bias)


def segment_sum(values: tf.Tensor, segment: tf.Tensor, count: tf.Tensor | int) -> tf.Tensor:
    """Sums of the rows [n, D] of each segment int32 [n], in float32 at least, then in their type: [count, D]."""
    wide = tf.cast(values, tf.float32) if values.dtype.size == 2 else values
    return tf.cast(tf.math.unsorted_segment_sum(wide, segment, count), values.dtype)

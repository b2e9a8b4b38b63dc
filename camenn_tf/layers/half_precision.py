"""What half precision would spoil: bfloat16 has eight bits, so that logits tie and sums of ones end at 256."""

from __future__ import annotations

from typing import Any

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


def gather_rows(values: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Rows of values [n, ...] by number; what one row is read for many times over meets in float32 in the gradient.

    TensorFlow's gradient of a gather sums in the type of the values.
    """
    if values.dtype.size != 2:
        return tf.gather(values, index)

    @tf.custom_gradient
    def gathered(values: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            shape = tf.shape(values)
            rows = tf.reshape(upstream, tf.concat([tf.reshape(tf.size(index), [1]), shape[1:]], 0))
            return tf.reshape(segment_sum(rows, tf.reshape(index, [-1]), shape[0]), shape)

        return tf.gather(values, index), gradient

    return gathered(values)

"""Sums of many numbers, and logits, where layers compute in half precision."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.half_precision import add_bias, logit_type, segment_sum
from camenn_tf.layers.packing import row_means


@pytest.mark.parametrize(
    ("dtype", "expected"), [("bfloat16", "float32"), ("float32", "float32"), ("float64", "float64")]
)
def test_logits_are_wide(dtype: str, expected: str) -> None:
    assert logit_type(dtype) == expected
    assert logit_type() == "float32"  # of the global policy


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float64"])
def test_sums_go_beyond_256(dtype: str) -> None:
    ones = tf.ones([3000, 2], dtype)
    sums = segment_sum(ones, tf.repeat([0, 2], [1000, 2000]), 3)
    assert sums.dtype == dtype and tf.cast(sums, tf.float32).numpy().tolist() == [[1000, 1000], [0, 0], [2000, 2000]]
    bias = tf.constant([1.0, 2.0], dtype)
    with tf.GradientTape() as tape:
        tape.watch(bias)
        outputs = add_bias(ones, bias)
    gradient = tape.gradient(outputs, bias)
    np.testing.assert_array_equal(tf.cast(outputs[0], tf.float32), [2, 3])
    np.testing.assert_allclose(tf.cast(gradient, tf.float32), [3000, 3000], rtol=1 / 256)


def test_means_of_long_rows_in_half_precision() -> None:
    tokens = np.random.default_rng(1).normal(0.95, 1, [700, 3]).astype(np.float32)
    lengths = tf.constant([600, 0, 100])
    wide, half = (
        row_means({"tokens": tf.cast(tokens, dtype), "lengths": lengths}) for dtype in ("float32", "bfloat16")
    )
    assert half.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(half, tf.float32), wide, atol=0.01)

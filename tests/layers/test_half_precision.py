"""Sums of many numbers, and logits, where layers compute in half precision."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.field_tokens import FieldTokens
from camenn_tf.layers.half_precision import add_bias, gather_rows, logit_type, segment_sum
from camenn_tf.layers.item_tokens import ItemTokens
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


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float64"])
def test_gradients_of_rows_read_often_go_beyond_256(dtype: str) -> None:
    values = tf.reshape(tf.range(6, dtype=tf.float32), [3, 1, 2])
    values = tf.cast(values, dtype)
    index = tf.repeat([[2, 0, 2]], 1000, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(values)
        rows = gather_rows(values, index)
    assert rows.dtype == dtype and rows.shape == (1000, 3, 1, 2)
    np.testing.assert_array_equal(tf.cast(rows[7], tf.float32), [[[4, 5]], [[0, 1]], [[4, 5]]])
    gradient = tf.cast(tf.convert_to_tensor(tape.gradient(rows, values)), tf.float32)
    np.testing.assert_allclose(gradient[:, 0, 0], [1000, 0, 2000], rtol=1 / 256)


def test_what_is_read_for_all_samples_or_items_learns_in_half_precision() -> None:
    fields = FieldTokens([8], ["user"], 2, ordered=[True], dtype="mixed_bfloat16")
    ids = tf.fill([3000, 1], 5)
    fields.build(ids.shape)
    with tf.GradientTape() as tape:
        tokens = fields(ids)
    gradient = tape.gradient(tokens, fields.embeddings.value)
    np.testing.assert_allclose(tf.convert_to_tensor(gradient)[5], [3000, 3000], rtol=1 / 256)

    items = {
        "text": tf.zeros([2000, 3, 4]), "text_length": tf.fill([2000], 3),
        "image": tf.zeros([2000, 1, 4]), "has_image": tf.fill([2000], True),
    }  # fmt: skip
    layer = ItemTokens(2, 3, 1, dtype="mixed_bfloat16")
    layer.build({name: value.shape for name, value in items.items()})
    with tf.GradientTape() as tape:
        tokens = layer(items)["tokens"][:6000]
    gradient = tape.gradient(tokens, [layer.text_position.value, layer.text_bias.value])
    np.testing.assert_allclose(gradient[0], np.full([3, 2], 2000), rtol=1 / 256)
    np.testing.assert_allclose(gradient[1], [6000, 6000], rtol=1 / 256)

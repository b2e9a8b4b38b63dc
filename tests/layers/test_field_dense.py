from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from camenn_tf.layers.field_dense import FieldDense
from camenn_tf.layers.field_tokens import FieldTokens


def test_by_hand() -> None:
    layer = FieldDense(1, [2, 2], folded=True)
    vectors = np.array(
        [[[1.0], [10.0]], [[2.0], [10.0]], [[1.0], [10.0]]], np.float32
    )  # fields' tables: [1, 2], [., 10]
    ids, rest = np.array([[0, 1], [1, 1], [0, 1]], np.int32), np.array([[1.0], [2.0], [3.0]], np.float32)
    layer(vectors, ids, rest)
    layer.set_weights([np.array([[2.0], [3.0], [100.0]]), np.array([0.5])])
    np.testing.assert_array_equal(layer(vectors, ids, rest), [[132.5], [234.5], [332.5]])


def outputs_and_gradients(sizes: list[int], ids: np.ndarray, folded: bool) -> list[np.ndarray]:
    """Of the sum of squares: outputs, gradients of the table, of kernel, bias and the further numbers."""
    rng = np.random.default_rng(3)
    keras.utils.set_random_seed(5)
    tokens = FieldTokens(sizes, ["user"] * len(sizes), 3, dtype="float64")
    layer = FieldDense(4, sizes, folded, dtype="float64")
    rest = tf.constant(rng.normal(size=(len(ids), 2)))
    layer(tokens(ids), ids, rest)
    for weight in (*tokens.weights, *layer.weights):
        weight.assign(rng.normal(size=weight.shape))
    with tf.GradientTape() as tape:
        tape.watch(rest)
        outputs = layer(tokens(ids), ids, rest)
        loss = tf.reduce_sum(outputs**2)
    sources = [*(weight.value for weight in (*tokens.weights, *layer.weights)), rest]
    gradients = [tf.convert_to_tensor(part).numpy() for part in tape.gradient(loss, sources)]
    return [outputs.numpy(), *gradients]


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_folded_equals_plain_with_all_gradients(data: Any) -> None:
    sizes = data.draw(st.lists(st.sampled_from([1, 2, 5, 64, 65, 200]), min_size=1, max_size=5))
    samples = data.draw(st.integers(0, 7))
    ids = np.array([[data.draw(st.integers(0, size - 1)) for size in sizes] for _ in range(samples)], np.int32).reshape(
        samples, len(sizes)
    )
    for ours, plain in zip(*(outputs_and_gradients(sizes, ids, folded) for folded in (True, False)), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=0, atol=1e-9)

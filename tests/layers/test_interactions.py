"""The baselines' interaction layers, with numbers worked out by hand and the sums as they are printed."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

from camenn_tf.layers.attentional_interaction import AttentionalInteraction
from camenn_tf.layers.compressed_interaction import CompressedInteraction
from camenn_tf.layers.factorization_machine import FactorizationMachine
from camenn_tf.layers.field_aware_interaction import FieldAwareInteraction
from tests.layers.layer_cases import floats

# three fields of two numbers: <v1, v2> = 11, <v1, v3> = 1, <v2, v3> = 3
VECTORS = np.array([[[1, 2], [3, 4], [1, 0]]], np.float32)
PRODUCTS = np.array([[3, 8], [1, 0], [3, 0]], np.float32)


def numbers(tensor: object) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def test_factorization_machine_by_hand() -> None:
    np.testing.assert_allclose(numbers(FactorizationMachine()(VECTORS)), [15])


def test_field_aware_by_hand() -> None:
    vectors = np.zeros((1, 3, 3, 1), np.float32)
    # towards the others: 1 -> (-, 2, 3), 2 -> (5, -, 7), 3 -> (11, 13, -); own entries must not count
    vectors[0, :, :, 0] = [[100, 2, 3], [5, 100, 7], [11, 13, 100]]
    np.testing.assert_allclose(numbers(FieldAwareInteraction()(vectors)), [2 * 5 + 3 * 11 + 7 * 13])


def test_field_aware_with_one_vector_for_all_is_the_factorization_machine() -> None:
    vectors = floats(4, 5, 3)
    repeated = np.repeat(vectors[:, :, None], 5, 2)
    expected = numbers(FactorizationMachine()(vectors))
    np.testing.assert_allclose(numbers(FieldAwareInteraction()(repeated)), expected, atol=1e-5)


def test_attention_by_hand() -> None:
    layer = AttentionalInteraction(1)
    layer.build(VECTORS.shape)
    # scores relu(first number - 1) * ln 2: pairs 12, 13, 23 have 2, 0, 2, so weights 4/9, 1/9, 4/9
    layer.set_weights([np.array([[1], [0]]), np.array([-1]), np.array([[np.log(2)]]), np.array([[1], [10]])])
    pooled = (4 * PRODUCTS[0] + PRODUCTS[1] + 4 * PRODUCTS[2]) / 9
    np.testing.assert_allclose(numbers(layer(VECTORS)), [pooled[0] + 10 * pooled[1]], rtol=1e-6)


@pytest.mark.parametrize("fields", [2, 3, 6])
def test_attention_and_its_gradient_are_those_of_the_plain_sum(fields: int) -> None:
    import tensorflow as tf

    vectors = tf.constant(floats(4, fields, 3))
    layer = AttentionalInteraction(5)
    layer(vectors)
    kernel, bias, score, output = (tf.convert_to_tensor(weight) for weight in layer.weights)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(vectors)
        ours = layer(vectors)
        pairs = tf.stack([vectors[:, i] * vectors[:, j] for i, j in itertools.combinations(range(fields), 2)], 1)
        hidden = tf.nn.relu(tf.einsum("bpe,ea->bpa", pairs, kernel) + bias)
        weights = tf.nn.softmax(tf.einsum("bpa,ao->bpo", hidden, score), 1)
        plain = tf.matmul(tf.reduce_sum(weights * pairs, 1), output)[:, 0]
    np.testing.assert_allclose(ours, plain, atol=1e-5)
    np.testing.assert_allclose(tape.gradient(ours, vectors), tape.gradient(plain, vectors), atol=1e-5)


def test_compressed_by_hand() -> None:
    layer = CompressedInteraction([1, 1])
    vectors = VECTORS[:, :2]
    layer.build(vectors.shape)
    # X^1 = v1 * v2 (i = 1, j = 2), X^2 = X^1 * (v1 + 2 v2)
    layer.set_weights([np.array([[0], [1], [0], [0]]), np.array([[1], [2]])])
    np.testing.assert_allclose(numbers(layer(vectors)), [[3 + 8, 3 * (1 + 6) + 8 * (2 + 8)]])


def test_compressed_is_the_sum_as_printed() -> None:
    vectors = floats(2, 3, 4).astype(np.float64)
    layer = CompressedInteraction([2, 3], dtype="float64")
    ours = numbers(layer(vectors))
    maps, parts = vectors, []
    for kernel in layer.get_weights():
        kernel = kernel.reshape(maps.shape[1], 3, -1)
        maps = np.einsum("bie,bje,ijh->bhe", maps, vectors, kernel)
        parts.append(maps.sum(-1))
    np.testing.assert_allclose(ours, np.concatenate(parts, -1), atol=1e-12)

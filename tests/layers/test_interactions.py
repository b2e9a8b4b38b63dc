"""The baselines' interaction layers, with numbers worked out by hand and the sums as they are printed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.attentional_interaction import AttentionalInteraction
from camenn_tf.layers.compressed_interaction import CompressedInteraction
from camenn_tf.layers.factorization_machine import FactorizationMachine
from camenn_tf.layers.field_aware_interaction import FieldAwareInteraction
from tests.layers.layer_cases import floats
from tests.reference.plain_interactions import (
    DeepCTRAttentional,
    DeepCTRCompressed,
    PlainAttentional,
    PlainCompressed,
    PlainFieldAware,
)

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


ATTENTION = {"attention_size": 5}
MAPS = ([4], [3, 2], [5, 4, 3])


@pytest.mark.parametrize("policy", ["float64", "float32"])
@pytest.mark.parametrize("fields", [2, 3, 21, 70])  # 70: several blocks of feature maps, the last one smaller
@pytest.mark.parametrize(
    ("kind", "plain", "arguments"),
    [
        (AttentionalInteraction, PlainAttentional, ATTENTION),
        (AttentionalInteraction, DeepCTRAttentional, ATTENTION),
        *((CompressedInteraction, PlainCompressed, {"units": units}) for units in MAPS),
        *((CompressedInteraction, DeepCTRCompressed, {"units": units}) for units in MAPS),
        (FieldAwareInteraction, PlainFieldAware, {}),
    ],
)
def test_values_and_gradients_are_those_of_the_plain_form(
    kind: type[keras.layers.Layer],
    plain: type[keras.layers.Layer],
    arguments: dict[str, Any],
    fields: int,
    policy: str,
) -> None:
    keras.utils.set_random_seed(3)  # initial weights: a large score's rounding shows in float32
    shape = (4, fields, fields, 3) if kind is FieldAwareInteraction else (4, fields, 6)
    vectors = floats(*shape).astype(policy)
    ours, theirs = kind(**arguments, dtype=policy), plain(**arguments, dtype=policy)
    ours(vectors), theirs(vectors)
    for mine, other in zip(ours.trainable_weights, theirs.trainable_weights, strict=True):
        mine.assign(mine.numpy() + 0.2 * floats(*mine.shape))
        other.assign(mine)
    for mine, other in zip(with_gradients(ours, vectors), with_gradients(theirs, vectors), strict=True):
        scale = max(np.abs(other).max(), 1e-3)  # the softmax of a single pair has no gradient at all
        np.testing.assert_allclose(mine / scale, other / scale, rtol=0, atol=1e-12 if policy == "float64" else 1e-5)


def with_gradients(layer: keras.layers.Layer, vectors: np.ndarray) -> list[np.ndarray]:
    """The outputs, and the gradients of inputs and weights under a weighted sum."""
    inputs = tf.constant(vectors)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        weights = np.random.default_rng(5).normal(size=outputs.shape)
        loss = tf.reduce_sum(outputs * tf.constant(weights, outputs.dtype))
    return [outputs.numpy(), *(part.numpy() for part in tape.gradient(loss, [inputs, *trained(layer)]))]


def trained(layer: keras.layers.Layer) -> list[tf.Variable]:
    return [weight.value for weight in layer.trainable_weights]


def test_dropout_of_the_pooled_vector_is_that_of_the_plain_form() -> None:
    keras.utils.set_random_seed(3)
    vectors = floats(64, 5, 4)
    ours, plain = (kind(3, dropout=0.5) for kind in (AttentionalInteraction, PlainAttentional))
    ours(vectors), plain(vectors)
    for mine, other in zip(ours.variables, plain.variables, strict=True):  # the seed of dropout, too
        other.assign(mine)
    dropped = numbers(ours(vectors, training=True))
    np.testing.assert_allclose(dropped, numbers(plain(vectors, training=True)), rtol=1e-5, atol=1e-6)
    assert np.abs(dropped - numbers(ours(vectors))).max() > 1e-2

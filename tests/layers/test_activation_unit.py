"""DIN's activation unit and Dice."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.layers.activation_unit import ActivationUnit
from camenn_tf.layers.dice import Dice
from tests.layers.layer_cases import MASK, floats
from tests.layers.test_interactions import numbers


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def test_dice_by_hand() -> None:
    layer = Dice(momentum=0.5)
    values = np.array([[1.0], [3.0]], np.float32)  # mean 2, variance 1: normalised -1 and 1
    layer(values)
    layer.slope_bias.assign([0.25])
    share = sigmoid(np.array([[-1.0], [1.0]]))
    np.testing.assert_allclose(
        numbers(layer(values, training=True)), share * values + (1 - share) * 0.25 * values, rtol=1e-5
    )
    # afterwards the moving averages stand half way between (0, 1) and (2, 1)
    share = sigmoid(values - 1.0)
    np.testing.assert_allclose(numbers(layer(values)), share * values + (1 - share) * 0.25 * values, rtol=1e-5)


def test_dice_counts_real_rows_only() -> None:
    layer = Dice(momentum=0.0)
    values = np.array([[[1.0], [3.0], [1000.0]]], np.float32)
    layer(values, real=np.array([[True, True, False]]), training=True)
    assert [numbers(value).item() for value in (layer.moving_mean, layer.moving_variance)] == [2.0, 1.0]


def test_a_batch_without_rows_leaves_the_averages_of_dice_alone() -> None:
    layer = Dice(momentum=0.0)
    layer(np.array([[1.0], [3.0]], np.float32), training=True)
    nothing = layer(np.zeros((0, 1), np.float32), training=True)
    layer(np.ones((1, 2, 1), np.float32), real=np.zeros((1, 2), bool), training=True)
    assert nothing.shape == (0, 1)
    assert [numbers(value).item() for value in (layer.moving_mean, layer.moving_variance)] == [2.0, 1.0]


def dice_gradient(values: np.ndarray, slope: float) -> np.ndarray:
    """Of the sum of the outputs in training, weighted 1, 2, ..., by the values [n, 1]."""
    layer = Dice(dtype=str(values.dtype))
    layer(values)
    layer.slope_bias.assign([slope])
    inputs = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
        loss = tf.reduce_sum(outputs * np.arange(1, len(values) + 1, dtype=values.dtype)[:, None])
    gradient: np.ndarray = tape.gradient(loss, inputs).numpy()
    return gradient


def test_gradient_of_dice_by_hand() -> None:
    # Two rows are normalised to -1 and 1 however far they are apart, so p does not change with them: what is left of
    # the gradient is p + (1 - p) a. With mean and variance held fixed, s p (1 - p) (1 - a) would be added to it.
    share = sigmoid(np.array([[-1.0], [1.0]]))
    expected = np.array([[1], [2]]) * (share + (1 - share) * 0.25)
    np.testing.assert_allclose(dice_gradient(np.array([[1.0], [3.0]], np.float32), 0.25), expected, rtol=1e-5)


def test_gradient_of_dice_is_the_slope_of_its_formula() -> None:
    values, step = np.array([[0.5], [-1.0], [2.0]]), 1e-6

    def loss(rows: np.ndarray) -> float:
        share = sigmoid((rows - rows.mean()) / np.sqrt(rows.var() + 1e-8))
        return float((np.array([[1], [2], [3]]) * (share * rows + (1 - share) * 0.25 * rows)).sum())

    expected = [
        [(loss(values + change) - loss(values - change)) / (2 * step)] for change in step * np.eye(3)[:, :, None]
    ]
    np.testing.assert_allclose(dice_gradient(values, 0.25), expected, rtol=1e-6)


def test_dice_of_rows_that_are_alike() -> None:
    # Variance 0: p is 1/2. With variance 1e-8, as much as what is added to it, rows lie 1 / sqrt(2) from their mean.
    layer = Dice()
    alike, near = np.full((2, 1), 5, np.float32), np.array([[-1e-4], [1e-4]], np.float32)
    np.testing.assert_allclose(numbers(layer(alike, training=True)), [[2.5], [2.5]])
    np.testing.assert_allclose(numbers(layer(near, training=True)), near * sigmoid(near * 1e4 / np.sqrt(2)), rtol=1e-4)


def test_activation_unit_is_the_formula_as_printed() -> None:
    candidate, history = floats(2, 4), floats(2, 3, 4)
    layer = ActivationUnit([5, 3])
    ours = numbers(layer(candidate, history, MASK))
    every = np.repeat(candidate[:, None], 3, 1)
    hidden = np.concatenate([every, history, every - history, every * history], -1) @ numbers(layer.kernel)
    hidden = hidden + numbers(layer.bias)
    for dense, dice in zip((*layer.layers, layer.score), layer.activations, strict=True):
        hidden = numbers(dense(dice(hidden)))
    expected = (hidden * MASK[:, :, None] * history).sum(1)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_padding_of_a_history_does_not_enter_the_statistics() -> None:
    candidate, history = floats(2, 4), floats(2, 3, 4)
    junk = np.where(MASK[:, :, None], history, 1000).astype(np.float32)
    layer = ActivationUnit([5, 3])
    layer(candidate, history, MASK)
    weights = layer.get_weights()
    found = []
    for purchases in (history, junk):
        layer.set_weights(weights)
        values = numbers(layer(candidate, purchases, MASK, training=True))
        found.append([values, *(numbers(part) for dice in layer.activations for part in dice.non_trainable_weights)])
    for clean, dirty in zip(*found, strict=True):
        np.testing.assert_allclose(dirty, clean, rtol=0, atol=1e-6)
    assert all(np.abs(average).max() > 1e-4 for average in found[0][1::2])  # means start at 0: training moves them


def test_an_empty_history_is_nothing() -> None:
    layer = ActivationUnit([5])
    values = layer(floats(2, 4), floats(2, 3, 4), np.zeros((2, 3), bool))
    np.testing.assert_array_equal(numbers(values), np.zeros((2, 4)))
    assert keras.ops.shape(values) == (2, 4)

"""DIN's activation unit and Dice."""

from __future__ import annotations

import keras
import numpy as np

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


def test_an_empty_history_is_nothing() -> None:
    layer = ActivationUnit([5])
    values = layer(floats(2, 4), floats(2, 3, 4), np.zeros((2, 3), bool))
    np.testing.assert_array_equal(numbers(values), np.zeros((2, 4)))
    assert keras.ops.shape(values) == (2, 4)

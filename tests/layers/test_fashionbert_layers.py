"""Rows of pairs, and the losses of what was hidden in them, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.pair_rows import PairRows
from camenn_tf.layers.pair_score import PairScore
from camenn_tf.layers.piece_prediction import PiecePrediction
from camenn_tf.layers.state_prediction import StatePrediction

# Item 0 is the padding item; texts of 2 and 3 tokens, patches of item 2 alone: tokens 0 1 | 2 3 4 | 5 6.
ITEMS = {
    "tokens": np.arange(7, dtype=np.float32)[:, None],
    "text_start": np.array([0, 0, 2], np.int32),
    "text_length": np.array([0, 2, 3], np.int32),
    "image_start": np.array([5, 5, 5], np.int32),
    "image_length": np.array([0, 0, 2], np.int32),
}


def test_a_row_is_a_text_and_then_patches() -> None:
    rows = PairRows()(ITEMS, tf.constant([1, 2, 0, 0]), tf.constant([2, 1, 2, 0]))
    np.testing.assert_array_equal(rows["tokens"][:, 0], [0, 1, 5, 6, 2, 3, 4, 5, 6])
    np.testing.assert_array_equal(rows["lengths"], [4, 3, 2, 0])
    np.testing.assert_array_equal(rows["text_start"], [0, 4, 7, 9])
    np.testing.assert_array_equal(rows["image_start"], [2, 7, 7, 9])


def test_the_first_token_decides() -> None:
    layer = PairScore()
    tokens, lengths = tf.constant([[2.0], [9.0], [-1.0]]), tf.constant([2, 0, 1, 0])
    layer(tokens, lengths)
    layer.pooler.kernel.assign([[0.5]])
    layer.pooler.bias.assign([0.25])
    layer.classifier.kernel.assign([[3.0]])
    layer.classifier.bias.assign([-0.5])
    logits = [3 * math.tanh(0.5 * first + 0.25) - 0.5 for first in (2.0, 0.0, -1.0, 0.0)]
    np.testing.assert_allclose(layer(tokens, lengths), 1 / (1 + np.exp(-np.array(logits))), atol=1e-6)


def test_kl_divergence_by_row() -> None:
    """Rows 0 and 2 show item 1, whose place 1 is hidden; row 1 shows item 0, of which nothing is."""
    layer = StatePrediction()
    tokens = tf.constant([[9.0], [math.log(3.0)], [9.0], [9.0], [0.0]])  # rows of 2, 1 and 2 tokens
    start, item = tf.constant([0, 2, 3]), tf.constant([1, 0, 1])
    chosen = tf.constant([[False, False], [False, True]])
    states = tf.Variable([[[5.0, 0], [5, 0]], [[5, 0], [math.log(1 / 3), math.log(2 / 3)]]])
    layer(tokens, start, item, chosen, states)
    layer.kernel.assign([[1.0, 0.0]])
    with tf.GradientTape() as tape:
        out = layer(tokens, start, item, chosen, states)
    # predicted (3/4, 1/4) and (1/2, 1/2) for (1/3, 2/3)
    first = 1 / 3 * math.log(4 / 9) + 2 / 3 * math.log(8 / 3)
    third = 1 / 3 * math.log(2 / 3) + 2 / 3 * math.log(4 / 3)
    np.testing.assert_allclose(out, np.array([[first, 1], [0, 0], [third, 1]]), atol=1e-6)
    assert tape.gradient(out, states) is None


def test_cross_entropy_of_pieces_by_row() -> None:
    layer = PiecePrediction(3)
    tokens, start, item = tf.constant([[1.0, 3], [2, 6], [4, 0]]), tf.constant([0, 2]), tf.constant([1, 0])
    chosen = tf.constant([[False, False], [True, True]])
    ids = tf.constant([[0, 0], [2, 1]])
    layer(tokens, start, item, chosen, ids)
    layer.transform.kernel.assign(np.zeros((2, 2)))  # so that all that decides is the last bias
    layer.output_layer.bias.assign([0.0, math.log(2.0), math.log(5.0)])
    out = layer(tokens, start, item, chosen, ids)  # probabilities 1/8, 2/8, 5/8
    np.testing.assert_allclose(out, np.array([[-math.log(5 / 8) - math.log(2 / 8), 2], [0, 0]]), atol=1e-6)
    layer.transform.kernel.assign([[1.0, 0], [0, 1]])
    layer.output_layer.kernel.assign([[0.0, 1, 2], [0, -1, 1]])
    hidden = np.array([[1.0, 3], [2, 6]])
    hidden = hidden * np.vectorize(lambda x: 0.5 * (1 + math.erf(x / math.sqrt(2))))(hidden)
    normal = (hidden - hidden.mean(1, keepdims=True)) / hidden.std(1, keepdims=True)  # (-1, 1) each
    logits = normal @ np.array([[0.0, 1, 2], [0, -1, 1]]) + np.log([1.0, 2, 5])
    losses = np.log(np.exp(logits).sum(1)) - logits[[0, 1], [2, 1]]
    assert layer(tokens, start, item, chosen, ids).numpy()[0, 0] == pytest.approx(losses.sum(), rel=1e-4)

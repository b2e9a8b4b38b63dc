from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.pair_match import PairMatch

ITEMS = {
    "text_mean": tf.constant([[3.0, 4.0], [0.0, 2.0]]),
    "image_mean": tf.constant([[6.0, 8.0], [0.0, -0.5]]),
}


def test_the_cosine_alone_decides() -> None:
    layer = PairMatch()
    scores = layer(ITEMS, tf.constant([0, 1, 1, 0]), tf.constant([0, 0, 1, 1])).numpy()
    layer.scale.assign(2.0)
    layer.bias.assign(-1.0)
    cosines = np.array([1.0, 0.8, -1.0, -0.8])
    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-(5 * cosines - 1))), atol=1e-6)
    again = layer(ITEMS, tf.constant([0, 1, 1, 0]), tf.constant([0, 0, 1, 1])).numpy()
    np.testing.assert_allclose(again, 1 / (1 + np.exp(-(2 * cosines - 1))), atol=1e-6)


def test_an_item_without_image_gets_the_bias_and_finite_gradients() -> None:
    layer = PairMatch()
    text = tf.Variable([[3.0, 4.0]])
    with tf.GradientTape() as tape:
        score = layer({"text_mean": text, "image_mean": tf.zeros([1, 2])}, tf.constant([0]), tf.constant([0]))
    assert score.numpy()[0] == pytest.approx(1 / (1 + np.e), abs=1e-6)
    assert np.isfinite(tf.convert_to_tensor(tape.gradient(score, text)).numpy()).all()

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.pair_match import PairMatch

# mean states, of real tokens alone: texts (3, 4), (0, 2); images (6, 8), (0, -.5)
ITEMS = {
    "text": tf.constant([[[2.0, 3.0], [4.0, 5.0]], [[0.0, 2.0], [100.0, 100.0]]]),
    "text_length": tf.constant([2, 1]),
    "image": tf.constant([[[6.0, 0.0], [6.0, 16.0]], [[1.0, 0.0], [-1.0, -1.0]]]),
}


def identity() -> PairMatch:
    layer = PairMatch(2)
    layer(ITEMS, tf.constant([0]), tf.constant([0]))
    layer.text_kernel.assign(np.eye(2))
    layer.image_kernel.assign(np.eye(2))
    return layer


def test_the_cosine_of_projected_means_alone_decides() -> None:
    layer = identity()
    text, image = tf.constant([0, 1, 1, 0]), tf.constant([0, 0, 1, 1])
    cosines = np.array([1.0, 0.8, -1.0, -0.8])
    np.testing.assert_allclose(layer(ITEMS, text, image), 1 / (1 + np.exp(-(5 * cosines - 1))), atol=1e-6)
    layer.scale.assign(2.0)
    layer.bias.assign(-0.5)
    np.testing.assert_allclose(layer(ITEMS, text, image), 1 / (1 + np.exp(-(2 * cosines - 0.5))), atol=1e-6)
    layer.image_kernel.assign([[0, 1], [1, 0]])  # images (8, 6), (-.5, 0)
    cosines = np.array([0.96, 0.6, 0.0, -0.6])
    np.testing.assert_allclose(layer(ITEMS, text, image), 1 / (1 + np.exp(-(2 * cosines - 0.5))), atol=1e-6)


def test_states_of_length_zero_get_the_bias_and_finite_gradients() -> None:
    layer = identity()
    text = tf.Variable([[[3.0, 4.0]]])
    items = {"text": text, "text_length": tf.constant([1]), "image": tf.zeros([1, 2, 2])}
    with tf.GradientTape() as tape:
        score = layer(items, tf.constant([0]), tf.constant([0]))
    assert score.numpy()[0] == pytest.approx(1 / (1 + np.e), abs=1e-6)
    assert np.isfinite(tf.convert_to_tensor(tape.gradient(score, text)).numpy()).all()

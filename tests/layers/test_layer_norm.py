from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.layers.layer_norm import LayerNorm


def test_by_hand() -> None:
    # Mean 2, standard deviation 1: (-1, 1).
    layer = LayerNorm()
    layer.build((None, 2))
    layer.set_weights([np.array([2.0, 3.0]), np.array([0.5, -0.5])])
    np.testing.assert_allclose(layer(tf.constant([[1.0, 3.0], [3.0, 1.0]])), [[-1.5, 2.5], [2.5, -3.5]], atol=1e-5)
    np.testing.assert_array_equal(layer(tf.constant([[7.0, 7.0]])), [[0.5, -0.5]])  # no spread: beta


def test_values_and_gradients_equal_keras() -> None:
    rng = np.random.default_rng(2)
    weights = [rng.normal(size=6), rng.normal(size=6)]
    inputs, upstream = (tf.constant(3 + 2 * rng.normal(size=[2, 5, 6])) for _ in range(2))
    results = []
    for layer in (LayerNorm(dtype="float64"), keras.layers.LayerNormalization(epsilon=1e-6, dtype="float64")):
        layer.build((None, None, 6))
        layer.set_weights(weights)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            out = layer(inputs)
            loss = tf.reduce_sum(out * upstream)
        variables = [weight.value for weight in layer.trainable_weights]
        results.append([out, *tape.gradient(loss, [inputs, *variables])])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)


def test_half_precision_is_normalised_in_float32() -> None:
    # The mean, 259, is no bfloat16 number.
    inputs = tf.constant([[256.0, 258.0, 260.0, 262.0]], tf.bfloat16)
    out = LayerNorm(dtype="mixed_bfloat16")(inputs)
    assert out.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(out, tf.float32), np.array([[-3, -1, 1, 3]]) / np.sqrt(5), atol=0.004)

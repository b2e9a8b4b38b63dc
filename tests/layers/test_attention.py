from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from camenn_tf.layers.attention import masked_attention


def column(*values: float) -> tf.Tensor:
    """One row, one head, width 1: [1, 1, L, 1]."""
    return tf.constant(values, tf.float64)[None, None, :, None]


def test_two_tokens_by_hand() -> None:
    # Scores of the first query are (ln 2, 0), its probabilities 2/3 and 1/3; the second finds both keys alike.
    query, key, value = column(math.log(2), 0), column(1, 0), column(3, 6)
    both = masked_attention(query, key, value, tf.constant([[True, True]]))
    np.testing.assert_allclose(both[0, 0, :, 0], [4, 4.5], atol=1e-12)
    first = masked_attention(query, key, value, tf.constant([[True, False]]))
    np.testing.assert_allclose(first[0, 0, :, 0], [3, 3], atol=1e-12)


def test_gradient_of_two_tokens_by_hand() -> None:
    # With p = (2/3, 1/3) and values 3 and 6, d out / d score_1 = p1 p2 (3 - 6) = -2/3, and the opposite for score_2.
    query, key, value = column(math.log(2), 0), column(1, 0), column(3, 6)
    with tf.GradientTape() as tape:
        tape.watch([query, key, value])
        out = masked_attention(query, key, value, tf.constant([[True, True]]))[0, 0, 0, 0]
    gradients = [part[0, 0, :, 0] for part in tape.gradient(out, [query, key, value])]
    np.testing.assert_allclose(gradients[0], [-2 / 3, 0], atol=1e-12)
    np.testing.assert_allclose(gradients[1], [-2 / 3 * math.log(2), 2 / 3 * math.log(2)], atol=1e-12)
    np.testing.assert_allclose(gradients[2], [2 / 3, 1 / 3], atol=1e-12)


def test_the_written_gradient_equals_the_one_of_the_plain_formula() -> None:
    rng = np.random.default_rng(1)
    parts = [tf.constant(rng.normal(size=[3, 2, 5, 4])) for _ in range(3)]
    weights = tf.constant(rng.normal(size=[3, 2, 5, 4]))
    valid = tf.sequence_mask([5, 2, 1], 5)

    def plain(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, valid: tf.Tensor) -> tf.Tensor:
        scores = tf.where(valid[:, None, None, :], query @ tf.linalg.matrix_transpose(key), -np.inf)
        return tf.nn.softmax(scores) @ value

    results = []
    forms: tuple[Callable[..., tf.Tensor], ...] = (masked_attention, plain)
    for form in forms:
        with tf.GradientTape() as tape:
            tape.watch(parts)
            out = form(*parts, valid)
            loss = tf.reduce_sum(out * weights)
        results.append([out, *tape.gradient(loss, parts)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    for gradient in results[0][2:]:  # of keys and values that do not count
        np.testing.assert_array_equal(gradient[1, :, 2:], 0)


def test_half_precision_stays_half() -> None:
    part = tf.ones([1, 1, 2, 1], tf.bfloat16)
    out = masked_attention(part, part, part, tf.constant([[True, False]]))
    assert out.dtype == tf.bfloat16
    np.testing.assert_array_equal(tf.cast(out, tf.float32), 1)

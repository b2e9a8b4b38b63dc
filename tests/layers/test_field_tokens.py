from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.field_tokens import FieldTokens


def test_each_field_has_rows_of_its_own() -> None:
    layer = FieldTokens([2, 3], ["user", "cross"], 2)
    layer.build((None, 2))
    layer.embeddings.assign([[0, 0], [1, 10], [2, 20], [3, 30], [4, 40]])
    np.testing.assert_array_equal(layer(tf.constant([[1, 0], [0, 2]])), [[[1, 10], [2, 20]], [[0, 0], [4, 40]]])


def test_a_groups_fields_become_one_token() -> None:
    layer = FieldTokens([2, 2, 2], ["user", "user", "cross"], 1, "group")
    layer.build((None, 3))
    layer.embeddings.assign([[1], [2], [3], [4], [5], [6]])
    layer.kernels[0].assign([[10], [100]])
    layer.kernels[1].assign([[-1]])
    # Row 1: 2 x 10 + 3 x 100 and -6; row 2: 1 x 10 + 4 x 100 and -5.
    np.testing.assert_array_equal(layer(tf.constant([[1, 0, 1], [0, 1, 0]]))[:, :, 0], [[320, -6], [410, -5]])


def test_buckets_of_an_ordered_field_are_sums_of_steps() -> None:
    # Fields of 4, 2, 5 and 3 rows; the last two are ordered. Rows 0 and 1 of each are missing and unseen.
    layer = FieldTokens([4, 2, 5, 3], ["user", "user", "cross", "cross"], 1, ordered=[False, False, True, True])
    layer.build((None, 4))
    layer.embeddings.assign([[1], [2], [3], [4], [5], [6], [10], [20], [30], [40], [50], [100], [200], [300]])
    ids = tf.constant([[0, 1, 0, 0], [3, 0, 1, 1], [2, 1, 2, 2], [2, 1, 3, 2], [2, 1, 4, 2]])
    expected = [[1, 6, 10, 100], [4, 5, 20, 200], [3, 6, 30, 300], [3, 6, 70, 300], [3, 6, 120, 300]]
    np.testing.assert_array_equal(layer(ids)[:, :, 0], expected)


def test_a_step_learns_from_every_bucket_above_it() -> None:
    layer = FieldTokens([5], ["cross"], 1, ordered=[True])
    layer.build((None, 1))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(tf.constant([[0], [2], [3], [3], [4]])))
    gradient = tape.gradient(total, layer.embeddings.value)
    np.testing.assert_array_equal(tf.convert_to_tensor(gradient), [[1], [0], [4], [3], [1]])  # samples there or above


def test_a_groups_fields_meet_in_a_hidden_layer() -> None:
    layer = FieldTokens([2, 2], ["user", "user"], 1, "group", field_size=1, hidden=2)
    layer.build((None, 2))
    layer.embeddings.assign([[1], [2], [3], [4]])
    layer.kernels[0].assign([[10], [100]])
    inner, bias, outer = layer.inner[0]
    inner.assign([[1, -1], [1, 1]])
    bias.assign([-5, 0])
    outer.assign([[1000], [10000]])
    # x = (2, 3): 20 + 300 + 1000 relu(5 - 5) + 10000 relu(1); x = (2, 4): 20 + 400 + 1000 + 20000.
    np.testing.assert_array_equal(layer(tf.constant([[1, 0], [1, 1]]))[:, 0, 0], [10320, 21420])


def test_counts_tokens_of_groups() -> None:
    groups = ["user", "context", "context", "cross"]
    by_field, by_group = (FieldTokens([3] * 4, groups, 2, mode) for mode in ("field", "group"))
    assert [layer.tokens_of("user", "context") for layer in (by_field, by_group)] == [3, 2]
    assert [layer.tokens_of("item") for layer in (by_field, by_group)] == [0, 0]


def test_unfit_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="field_tokens is 'all'"):
        FieldTokens([2], ["user"], 2, "all")
    with pytest.raises(ValueError, match="2 sizes, but 1 groups"):
        FieldTokens([2, 3], ["user"], 2)
    with pytest.raises(ValueError, match="2 sizes, but 1 marks of order"):
        FieldTokens([2, 3], ["user", "user"], 2, ordered=[True])

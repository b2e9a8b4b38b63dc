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

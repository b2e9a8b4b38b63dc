from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from camenn_tf.layers import packing
from camenn_tf.layers.packing import PackedLayout, PaddedLayout


def numbered(lengths: list[int]) -> tf.Tensor:
    """Tokens [S, 2] of the values 1, 2, 3, ... and their negatives."""
    values = np.arange(1.0, 1 + sum(lengths))
    return tf.constant(np.stack([values, -values], 1))


def test_ranges_and_starts_by_hand() -> None:
    np.testing.assert_array_equal(packing.flat_ranges(tf.constant([5, 0, 2]), tf.constant([2, 0, 3])), [5, 6, 2, 3, 4])
    np.testing.assert_array_equal(packing.row_starts(tf.constant([4, 0, 2])), [0, 4, 4])


def test_groups_by_hand() -> None:
    # Rows of more than .78 x 4 tokens make the first group, the others the second; tokens start at 0, 4, 5, 9.
    layout = PackedLayout(tf.constant([4, 1, 4, 2]), groups=2)
    np.testing.assert_array_equal(layout.index[0], [[0, 1, 2, 3], [5, 6, 7, 8]])
    np.testing.assert_array_equal(layout.valid[0], np.ones([2, 4], bool))
    np.testing.assert_array_equal(layout.index[1], [[9, 10], [4, 0]])
    np.testing.assert_array_equal(layout.valid[1], [[True, True], [True, False]])


def test_a_group_without_rows_is_empty() -> None:
    layout = PackedLayout(tf.constant([100, 1]), groups=3)  # bounds 78 and 60.84
    assert [tuple(index.shape) for index in layout.index] == [(1, 100), (0, 1), (1, 1)]
    nothing = PackedLayout(tf.zeros([0], tf.int32), groups=2)
    assert [tuple(index.shape) for index in nothing.index] == [(0, 1), (0, 1)]
    assert nothing.pack(nothing.pad(tf.zeros([0, 3]))).shape == (0, 3)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=10), st.integers(1, 5))
def test_packing_undoes_padding_and_so_do_the_gradients(lengths: list[int], groups: int) -> None:
    tokens = numbered(lengths)
    layout = PackedLayout(tf.constant(lengths), groups)
    assert len(layout.index) == groups
    with tf.GradientTape() as tape:
        tape.watch(tokens)
        padded = layout.pad(tokens)
        again = layout.pack([part**2 for part in padded])
        loss = tf.reduce_sum(again * tokens)
    np.testing.assert_array_equal(again, tokens**2)
    np.testing.assert_array_equal(tape.gradient(loss, tokens), 3 * tokens**2)
    # Each group holds whole rows, in order of tokens, the longest first, and little padding but in the last.
    real = [part[:, :, 0].numpy()[valid] for part, valid in zip(padded, (v.numpy() for v in layout.valid), strict=True)]
    np.testing.assert_array_equal(np.sort(np.concatenate(real)), tokens[:, 0])
    for valid in layout.valid[:-1]:
        row_lengths = valid.numpy().sum(1)
        assert (row_lengths > 0.78 * valid.shape[1] - 1e-4).all()
        assert (np.diff(row_lengths) <= 0).all()


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=10), st.integers(1, 5))
def test_one_vector_a_row_returns_in_the_rows_order(lengths: list[int], groups: int) -> None:
    tokens = numbered(lengths)
    layout = PackedLayout(tf.constant(lengths), groups)
    rows = layout.pack_rows([part[:, 0] for part in layout.pad(tokens)])
    np.testing.assert_array_equal(rows, tokens.numpy()[np.cumsum([0, *lengths[:-1]])])
    np.testing.assert_array_equal(rows, packing.first_tokens({"tokens": tokens, "lengths": tf.constant(lengths)}))


def test_the_gradient_of_packing_leaves_padding_alone() -> None:
    layout = PackedLayout(tf.constant([1, 3]), groups=1)
    padded = [tf.ones([2, 3, 1])]
    with tf.GradientTape() as tape:
        tape.watch(padded)
        loss = tf.reduce_sum(layout.pack(padded)[:, 0] * [10.0, 1.0, 2.0, 3.0])
    np.testing.assert_array_equal(tape.gradient(loss, padded)[0][:, :, 0], [[1, 2, 3], [10, 0, 0]])


def test_padded_rows_are_one_group_as_they_are() -> None:
    mask = tf.constant([[True, True], [True, False]])
    layout = packing.layout_of({"mask": mask}, groups=3)
    assert isinstance(layout, PaddedLayout)
    tokens = tf.constant([[1.0], [2], [3], [4]])
    (padded,) = layout.pad(tokens)
    np.testing.assert_array_equal(padded[:, :, 0], [[1, 2], [3, 4]])
    np.testing.assert_array_equal(layout.pack([padded]), tokens)
    np.testing.assert_array_equal(layout.pack_rows([padded[:, 0]])[:, 0], [1, 3])
    assert isinstance(packing.layout_of({"lengths": tf.constant([1])}, 3), PackedLayout)


@pytest.mark.parametrize("form", ["packed", "padded"])
def test_means_and_first_tokens_by_hand(form: str) -> None:
    if form == "packed":
        rows = {"tokens": tf.constant([[1.0], [2], [6], [5]]), "lengths": tf.constant([3, 0, 1])}
    else:
        tokens = tf.constant([[1.0], [2], [6], [9], [9], [9], [5], [9], [9]])
        rows = {"tokens": tokens, "mask": tf.constant([[True] * 3, [False] * 3, [True, False, False]])}
    np.testing.assert_array_equal(packing.row_means(rows)[:, 0], [3, 0, 5])
    np.testing.assert_array_equal(packing.first_tokens(rows).numpy()[[0, 2], 0], [1, 5])

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.row_tokens import RowTokens

# Each token is one number. Items 1 and 3 have an image, item 0 is none: texts 11, 12 | 21 | 31, 32, images 15 | 35.
ITEMS = {
    "tokens": tf.constant([[11.0], [12], [21], [31], [32], [15], [35]]),
    "text_start": tf.constant([0, 0, 2, 3]),
    "text_length": tf.constant([0, 2, 1, 2]),
    "image_start": tf.constant([5, 5, 6, 6]),
    "image_length": tf.constant([0, 1, 0, 1]),
}
# Two samples: target 1 after buying 2; target 3 after buying 1, then 2. Fields: user, context, cross; one of the item.
INPUTS = {
    "sample_tokens": tf.constant([[[101.0], [102], [103]], [[201], [202], [203]]]),
    "item_field_tokens": tf.constant([[[1000.0]], [[1001]], [[1002]], [[1003]]]),
    "items": ITEMS,
    "history": tf.constant([[0, 2], [1, 2]]),
    "target": tf.constant([1, 3]),
}
# Slots show as fractions: target .25, newest .5, the one before .75.
SAMPLE_0 = [11.25, 12.25, 15.25, 21.5, 101, 102, 103, 1001]
SAMPLE_1 = [31.25, 32.25, 35.25, 21.5, 11.75, 12.75, 15.75, 201, 202, 203, 1003]


def alignment(*rows: tuple[int, int, int]) -> dict[str, tf.Tensor]:
    """Alignment rows of (sample, item of the text, item of the image)."""
    parts = np.array(rows, np.int32).reshape(-1, 3).T
    return {
        f"alignment_{name}": tf.constant(part) for name, part in zip(("sample", "text", "image"), parts, strict=True)
    }


def called(inputs: dict[str, Any], **arguments: Any) -> dict[str, tf.Tensor]:
    layer = RowTokens(slots=3, context_fields=2, **arguments)
    layer.build({"sample_tokens": (None, 3, 1)})
    if layer.slot_embedding:
        layer.slot_table.assign([[0.25], [0.5], [0.75]])
    return layer(inputs)


def split(out: dict[str, tf.Tensor]) -> list[list[float]]:
    """The tokens of each row."""
    if "mask" in out:
        tokens = out["tokens"].numpy().reshape(out["mask"].shape)
        return [row[mask].tolist() for row, mask in zip(tokens, out["mask"].numpy(), strict=True)]
    return [part.tolist() for part in np.split(out["tokens"].numpy()[:, 0], np.cumsum(out["lengths"])[:-1])]


def test_a_samples_tokens_in_order() -> None:
    out = called(INPUTS)
    assert split(out) == [SAMPLE_0, SAMPLE_1]
    assert out["alignment_row"].shape == (0,)


def test_without_slots_tokens_are_as_they_came() -> None:
    assert split(called(INPUTS, slot_embedding=False))[0] == [11, 12, 15, 21, 101, 102, 103, 1001]


@pytest.mark.parametrize("fixed_shapes", [False, True])
def test_alignment_rows_hide_what_would_tell_the_answer(fixed_shapes: bool) -> None:
    rows = alignment((-1, 2, 1), (1, 3, 3), (1, 2, 3), (1, 3, 1), (0, 1, 1))
    out = called({**INPUTS, **rows}, fixed_shapes=fixed_shapes, text_length=2, patches=1)
    assert split(out) == [
        SAMPLE_0,
        SAMPLE_1,
        [21.25, 15.25],  # an item alone: text of 2, image of 1
        [31.25, 32.25, 35.25, 21.5, 11.75, 12.75, 15.75, 201, 202],  # no cross field, no field of the item
        [21.25, 35.25, 11.75, 12.75, 15.75, 201, 202],  # the donor of the text, 2, is gone from the history
        [31.25, 32.25, 15.25, 21.5, 201, 202],  # the donor of the image, 1, is gone from the history
        [11.25, 12.25, 15.25, 21.5, 101, 102],
    ]
    np.testing.assert_array_equal(out["alignment_row"], [2, 3, 4, 5, 6])


def test_the_target_itself_is_hidden_in_the_history() -> None:
    rows = alignment((0, 2, 1))
    again = {**INPUTS, "history": tf.constant([[1, 3], [0, 0]])}  # sample 0 has bought its target before
    assert split(called({**again, **rows}))[2] == [21.25, 15.25, 31.5, 32.5, 35.5, 101, 102]


def test_full_context_shows_everything_and_shares_the_row_of_a_positive() -> None:
    rows = alignment((1, 2, 3), (1, 3, 3), (-1, 3, 3), (0, 1, 1))
    out = called({**INPUTS, **rows}, alignment_context="full")
    assert split(out) == [
        SAMPLE_0,
        SAMPLE_1,
        [21.25, 35.25, 21.5, 11.75, 12.75, 15.75, 201, 202, 203, 1003],
        [31.25, 32.25, 35.25],
    ]
    np.testing.assert_array_equal(out["alignment_row"], [2, 1, 3, 0])
    fixed = called({**INPUTS, **rows}, alignment_context="full", fixed_shapes=True, text_length=2, patches=1)
    assert split(fixed)[3] == SAMPLE_1  # with fixed shapes nothing is shared
    np.testing.assert_array_equal(fixed["alignment_row"], [2, 3, 4, 5])


def test_without_samples_items_alone_remain() -> None:
    none = {name: INPUTS[name][:0] for name in ("sample_tokens", "history", "target")}
    out = called({**INPUTS, **none, **alignment((-1, 2, 0), (-1, 0, 3))})
    assert split(out) == [[21.25], [35.25]]
    np.testing.assert_array_equal(out["alignment_row"], [0, 1])


@pytest.mark.parametrize("fixed_shapes", [False, True])
def test_training_hides_the_items_of_a_share_of_the_samples(fixed_shapes: bool) -> None:
    rows = {**INPUTS, **alignment((-1, 2, 1))}
    layer = RowTokens(
        3, 2, content_dropout=1.0, slot_embedding=False, fixed_shapes=fixed_shapes, text_length=2, patches=1
    )
    layer.build({"sample_tokens": (None, 3, 1)})
    bare = [[11, 101, 102, 103, 1001], [31, 201, 202, 203, 1003]]  # the target's [CLS] and the fields
    assert split(layer(rows, training=True)) == [*bare, [21, 15]]  # an alignment row keeps what it is judged by
    assert split(layer(rows))[0] == [11, 12, 15, 21, 101, 102, 103, 1001]


def test_about_that_share_is_hidden() -> None:
    many = {key: tf.repeat(INPUTS[key][:1], 400, 0) for key in ("sample_tokens", "history", "target")}
    layer = RowTokens(3, 2, content_dropout=0.25, slot_embedding=False)
    layer.build({"sample_tokens": (None, 3, 1)})
    lengths = layer({**INPUTS, **many}, training=True)["lengths"].numpy()
    assert set(lengths) == {5, 8} and 60 < (lengths == 5).sum() < 140  # 100 expected, deviation 9


def test_hidden_items_are_not_shared_with_alignment_rows() -> None:
    rows = alignment((1, 3, 3))
    out = called({**INPUTS, **rows}, alignment_context="full", content_dropout=0.5)
    assert split(out)[2] == SAMPLE_1


def test_an_unknown_context_is_refused() -> None:
    with pytest.raises(ValueError, match=r"alignment\.context is 'half'"):
        RowTokens(3, 2, alignment_context="half")

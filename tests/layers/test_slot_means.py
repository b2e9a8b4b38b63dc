"""Means of slots against means of the tokens that RowTokens gathers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.row_tokens import RowTokens
from camenn_tf.layers.slot_means import SlotMeans
from tests.layers.test_row_tokens import INPUTS, alignment

PLACES = 3 + 3 + 1
ROWS = alignment((-1, 2, 1), (1, 3, 3), (1, 2, 3), (1, 3, 1), (0, 1, 1), (-1, 0, 3))


def made(kind: type[RowTokens] | type[SlotMeans], **arguments: Any) -> Any:
    layer = kind(slots=3, context_fields=2, text_length=2, patches=1, **arguments)
    layer.build({"sample_tokens": (None, 3, 1)})
    if layer.slot_embedding:
        layer.slot_table.assign([[0.25], [0.5], [0.75]])
    return layer


def means_of_tokens(rows: dict[str, tf.Tensor]) -> tf.Tensor:
    """The literal form: the numbers in INPUTS tell each token's place (see there), the rows' lengths its row."""
    values = rows["tokens"].numpy()[:, 0]
    place = np.select([values >= 1000, values >= 100], [6, 3 + values % 100 - 1], np.round(values % 1 * 4) - 1)
    count = len(rows["lengths"])
    segment = np.repeat(np.arange(count), rows["lengths"]) * PLACES + place.astype(int)
    return tf.reshape(tf.math.unsorted_segment_mean(rows["tokens"], segment, count * PLACES), [count, PLACES])


def with_gradients(layer: Any, inputs: dict[str, Any], means: Any) -> list[np.ndarray]:
    """The means, the row of each alignment row, and gradients of tokens and slots."""
    tokens = [inputs["items"]["tokens"], inputs["sample_tokens"], inputs["item_field_tokens"]]
    with tf.GradientTape() as tape:
        tape.watch(tokens)
        out = layer(inputs)
        values = means(out)
        loss = tf.reduce_sum(values * np.random.default_rng(1).normal(size=values.shape))
    gradients = tape.gradient(loss, [*tokens, layer.slot_table.value])
    return [values.numpy(), out["alignment_row"].numpy(), *(tf.convert_to_tensor(part).numpy() for part in gradients)]


@pytest.mark.parametrize("fixed_shapes", [False, True])
@pytest.mark.parametrize("context", ["masked", "full"])
@pytest.mark.parametrize("rows", [{}, ROWS], ids=["samples", "alignment"])
def test_equal_the_means_of_tokens(rows: dict[str, tf.Tensor], context: str, fixed_shapes: bool) -> None:
    inputs = {**INPUTS, **rows}
    ours = made(SlotMeans, alignment_context=context, fixed_shapes=fixed_shapes)
    # without sharing, as fixed shapes have it; a share that is never drawn makes no row shorter
    theirs = made(RowTokens, alignment_context=context, content_dropout=1e-9 if fixed_shapes else 0.0)
    expected = with_gradients(theirs, inputs, means_of_tokens)
    for found, value in zip(with_gradients(ours, inputs, lambda out: out["means"]), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-6)


def test_by_hand() -> None:
    means = made(SlotMeans)({**INPUTS, **alignment((1, 2, 3))})["means"].numpy()
    assert means[0].tolist() == pytest.approx([38 / 3 + 0.25, 21.5, 0, 101, 102, 103, 1001])
    # text 21 beside image 35; 2 is hidden, so that the newest slot is empty; no cross field, no field of the item
    assert means[2].tolist() == pytest.approx([28.25, 0, 38 / 3 + 0.75, 201, 202, 0, 0])


def test_without_slots_means_are_as_they_came() -> None:
    assert made(SlotMeans, slot_embedding=False)(INPUTS)["means"].numpy()[0, 1] == 21


def test_without_samples_items_alone_remain() -> None:
    none = {name: INPUTS[name][:0] for name in ("sample_tokens", "history", "target")}
    out = made(SlotMeans)({**INPUTS, **none, **alignment((-1, 2, 0), (-1, 0, 3))})
    np.testing.assert_allclose(out["means"], [[21.25, *[0] * 6], [35.25, *[0] * 6]])
    np.testing.assert_array_equal(out["alignment_row"], [0, 1])


@pytest.mark.parametrize("fixed_shapes", [False, True])
def test_training_hides_the_items_of_a_share_of_the_samples(fixed_shapes: bool) -> None:
    layer = made(SlotMeans, content_dropout=1.0, fixed_shapes=fixed_shapes)
    rows = {**INPUTS, **alignment((-1, 2, 1))}
    means = layer(rows, training=True)["means"].numpy()
    np.testing.assert_allclose(means[0], [11.25, 0, 0, 101, 102, 103, 1001])
    np.testing.assert_allclose(means[2], [18.25, 0, 0, 0, 0, 0, 0])  # what a pair is judged by
    assert layer(rows)["means"].numpy()[0, 1] == 21.5


def test_an_unknown_context_is_refused() -> None:
    with pytest.raises(ValueError, match=r"alignment\.context is 'half'"):
        SlotMeans(3, 2, alignment_context="half")

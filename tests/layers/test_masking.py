"""What is hidden in training: how much of it, of which tokens, and by what."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.layers.masked_patches import MaskedPatches
from camenn_tf.layers.masked_pieces import MaskedPieces
from camenn_tf.layers.masked_states import MaskedStates

ITEMS, LONG, MASK, PIECES = 4000, 12, 4, 50
LENGTHS = np.arange(ITEMS, dtype=np.int32) % (LONG + 1)  # 0 and 1: no inner piece
PLACE = np.arange(LONG)
INNER = (PLACE > 0) & (LENGTHS[:, None] - 1 > PLACE)


def ids() -> np.ndarray:
    random = np.random.default_rng(2).integers(5, PIECES, (ITEMS, LONG)).astype(np.int32)
    return np.where(LENGTHS[:, None] > PLACE, random, 0)


def test_pieces_are_hidden_as_bert_hides_them() -> None:
    keras.utils.set_random_seed(1)
    true = ids()
    out = {key: part.numpy() for key, part in MaskedPieces(0.15, PIECES, MASK)(true, LENGTHS, training=True).items()}
    chosen, given = out["chosen"], out["ids"]
    assert not chosen[~INNER].any() and 0.14 < chosen[INNER].mean() < 0.16
    np.testing.assert_array_equal(given[~chosen], true[~chosen])
    hidden, kept = (given == MASK)[chosen], (given == true)[chosen]
    assert 0.77 < hidden.mean() < 0.83
    assert 0.08 < kept.mean() < 0.13  # a random piece may be the same one
    others = given[chosen][~hidden & ~kept]
    assert others.min() >= 1 and others.max() == PIECES - 1 and len(np.unique(others)) > 40


def test_nothing_is_hidden_without_training() -> None:
    true, states = ids(), np.ones((ITEMS, LONG, 2), np.float32)
    for out, given in (
        (MaskedPieces(0.9, PIECES, MASK)(true, LENGTHS), true),
        (MaskedStates(0.9)(states, LENGTHS), states),
        (MaskedPatches(0.9)(states, LENGTHS > 3), states),
    ):
        assert not out["chosen"].numpy().any()
        np.testing.assert_array_equal(out.get("ids", out.get("states")), given)


def test_states_become_the_learnt_one_or_another() -> None:
    keras.utils.set_random_seed(1)
    number = np.arange(ITEMS * LONG).reshape(ITEMS, LONG)
    true = np.stack([number, np.where(INNER, 1, -1)], 2).astype(np.float32)  # inner states have a 1 behind them
    layer = MaskedStates(0.15)
    layer(true, LENGTHS)
    layer.mask_state.assign([-7.0, 1.0])
    out = {key: part.numpy() for key, part in layer(true, LENGTHS, training=True).items()}
    chosen, given = out["chosen"], out["states"]
    assert not chosen[~INNER].any() and 0.14 < chosen[INNER].mean() < 0.16
    np.testing.assert_array_equal(given[~chosen], true[~chosen])
    assert (given[chosen][:, 1] == 1).all()  # another state is one of a piece
    hidden, kept = given[chosen][:, 0] == -7, given[chosen][:, 0] == true[chosen][:, 0]
    assert 0.77 < hidden.mean() < 0.83 and 0.08 < kept.mean() < 0.13
    assert len(np.unique(given[chosen][~hidden & ~kept][:, 0])) > 0.9 * (~hidden & ~kept).sum()


def test_patches_become_zeros_where_there_is_a_picture() -> None:
    keras.utils.set_random_seed(1)
    true, has_image = np.ones((ITEMS, 9, 2), np.float32), np.arange(ITEMS) % 2 == 0
    out = {key: part.numpy() for key, part in MaskedPatches(0.1)(true, has_image, training=True).items()}
    assert not out["chosen"][~has_image].any() and 0.09 < out["chosen"][has_image].mean() < 0.11
    np.testing.assert_array_equal(out["states"][:, :, 0], np.where(out["chosen"], 0, 1))


def test_the_same_seed_hides_the_same_and_a_restored_state_goes_on() -> None:
    true = ids()

    def drawn(layer: MaskedPieces) -> list[np.ndarray]:
        return [layer(true, LENGTHS, training=True)["ids"].numpy() for _ in range(2)]

    keras.utils.set_random_seed(1)
    first = MaskedPieces(0.3, PIECES, MASK)
    state = first.seed_generator.state.numpy()
    one = drawn(first)
    assert (one[0] != one[1]).any()
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(drawn(MaskedPieces(0.3, PIECES, MASK)), one)
    # what a checkpoint holds, and what keeps devices apart
    assert [v.path.split("/")[-1] for v in first.variables] == ["seed_generator_state"]
    first.seed_generator.state.assign(state)
    np.testing.assert_array_equal(drawn(first), one)


def test_texts_without_pieces_are_left_alone() -> None:
    states = tf.ones([2, 2, 3])
    out = MaskedStates(0.9)(states, tf.constant([2, 0]), training=True)
    np.testing.assert_array_equal(out["states"], states)

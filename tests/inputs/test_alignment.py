"""Alignment rows: what stands in them, what they weigh, and that nothing but the pair tells the label."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ml_collections import ConfigDict

from camenn_tf.config import default_config
from camenn_tf.inputs import stateless
from camenn_tf.inputs.alignment import AlignmentRows, alignment_rows, choose, most_rows
from camenn_tf.metrics import auc


def alignment_config(**values: object) -> ConfigDict:
    config = default_config().alignment
    config.update(values)
    return config


def drawn(targets: list[int], config: ConfigDict, seed: int = 0) -> AlignmentRows:
    """Rows of positions 0, 10, 20, ... where every second one is alone; items differ if their numbers do."""
    target = np.asarray(targets, np.int64)
    owner = np.arange(len(target)) * 10
    return alignment_rows(owner, target, owner % 20 == 10, target[:, None], np.random.default_rng(seed), config)


def test_two_positions_get_each_other_s_items() -> None:
    rows = drawn([5, 7], alignment_config())
    assert rows.owner.tolist() == [0, 0, 0, 10, 10, 10]
    assert rows.sample.tolist() == [0, 0, 0, -1, -1, -1]
    assert rows.text_row.tolist() == [5, 7, 5, 7, 5, 7]
    assert rows.image_row.tolist() == [5, 5, 7, 7, 7, 5]
    assert rows.task.tolist() == [2, 0, 1, 2, 0, 1]
    assert rows.label.tolist() == [1, 0, 0, 1, 0, 0]
    assert rows.weight.tolist() == [1] * 6


def test_one_task_alone_and_two_donors() -> None:
    rows = drawn([5, 7], alignment_config(tia=False, donors=2))
    assert rows.text_row.tolist() == [5, 7, 7, 7, 5, 5]
    assert rows.image_row.tolist() == [5, 5, 5, 7, 7, 7]
    assert rows.task.tolist() == [0] * 6
    assert rows.weight.tolist() == [1, 0.5, 0.5] * 2
    rows = drawn([5, 7], alignment_config(ita=False))
    assert rows.task.tolist() == [1] * 4
    assert rows.text_row.tolist() == [5, 5, 7, 7]


def test_positions_without_a_possible_donor_get_no_rows() -> None:
    rows = drawn([3, 3, 3, 4], alignment_config())
    assert sorted(rows.text_row[rows.label == 1]) == [3, 4]
    assert drawn([3, 3], alignment_config()).size == drawn([3], alignment_config()).size == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=40), st.integers(1, 3), st.integers(0, 3))
def test_positives_and_negatives_weigh_the_same_item_by_item(targets: list[int], donors: int, seed: int) -> None:
    rows = drawn(targets, alignment_config(donors=donors), seed)
    for task in (0, 1):
        of_task = (rows.task == task) | (rows.task == 2)
        for item in (rows.text_row, rows.image_row):
            positive, negative = (
                np.bincount(item[of_task & (rows.label == label)], rows.weight[of_task & (rows.label == label)], 13)
                for label in (1, 0)
            )
            np.testing.assert_allclose(positive, negative, rtol=1e-6)
    assert (rows.text_row[rows.label == 1] == rows.image_row[rows.label == 1]).all()
    assert (rows.text_row[rows.label == 0] != rows.image_row[rows.label == 0]).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=40), st.integers(1, 6))
def test_slices_hold_every_row_once(targets: list[int], parts: int) -> None:
    rows = drawn(targets, alignment_config())
    end = len(targets) * 10
    cuts = [end * part // parts for part in range(parts + 1)]
    slices = [rows.owned(first, last) for first, last in itertools.pairwise(cuts)]
    for name in ("text_row", "image_row", "task", "label", "weight"):
        np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in slices]), getattr(rows, name))
    for part in slices:
        assert ((part.sample == part.owner) | (part.sample == -1)).all()
        assert (part.owner >= 0).all() and (part.owner < end).all()
    back = [part.owner + first for part, first in zip(slices, cuts[:-1], strict=True)]
    np.testing.assert_array_equal(np.concatenate(back), rows.owner)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.booleans(), max_size=60), st.floats(0, 1), st.floats(0, 1, exclude_max=True), st.data())
def test_an_even_share_is_chosen(eligible: list[bool], fraction: float, phase: float, data: st.DataObject) -> None:
    chosen = choose(np.asarray(eligible, bool), fraction, phase)
    assert not (chosen & ~np.asarray(eligible, bool)).any()
    assert abs(chosen.sum() - fraction * sum(eligible)) <= 1
    first = data.draw(st.integers(0, len(eligible)))
    last = data.draw(st.integers(first, len(eligible)))
    config = alignment_config(fraction=fraction)
    assert chosen[first:last].sum() * 3 <= most_rows(last - first, config)


def test_all_or_none_can_be_chosen() -> None:
    eligible = np.asarray([True, False, True])
    assert choose(eligible, 1.0, 0.7).tolist() == [True, False, True]
    assert choose(eligible, 0.0, 0.7).tolist() == [False] * 3


def test_item_frequency_text_and_image_alone_say_nothing() -> None:
    # popular items: item i is a target with probability ~ 1 / (i + 1); over 200 steps of 64 rows
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 301)
    scores: dict[str, list[np.ndarray]] = {"text": [], "image": [], "both": [], "label": [], "weight": []}
    counts = np.zeros(300)
    for step in range(200):
        target = rng.choice(300, 64, p=share / share.sum())
        counts += np.bincount(target, minlength=300)
        config = alignment_config(donors=2)
        rows = alignment_rows(
            np.arange(64), target, np.ones(64, bool), target[:, None], stateless.generator(1, step), config
        )
        ita = rows.task != 1
        scores["text"].append(rows.text_row[ita])
        scores["image"].append(rows.image_row[ita])
        scores["label"].append(rows.label[ita])
        scores["weight"].append(rows.weight[ita])
    text, image, label, weight = (np.concatenate(scores[key]) for key in ("text", "image", "label", "weight"))
    frequency = counts / counts.sum()
    for score in (frequency[text], frequency[image], frequency[text] * frequency[image], text, -image):
        assert auc(label, score.astype(float)) == pytest.approx(0.5, abs=0.02)
    # the best judge that sees the text (the image) alone: weight of the right answers, item by item
    for item in (text, image):
        positive = np.bincount(item, weight * label, 300)
        negative = np.bincount(item, weight * (1 - label), 300)
        assert np.maximum(positive, negative).sum() / weight.sum() == pytest.approx(0.5, abs=0.02)


def test_stateless_numbers_are_uniform_and_independent() -> None:
    numbers = np.arange(20000)
    one, other = stateless.uniform(numbers, 1, 2), stateless.uniform(numbers, 1, 3)
    np.testing.assert_array_equal(one, stateless.uniform(numbers, 1, 2))
    np.testing.assert_array_equal(one[5:7], stateless.uniform(np.asarray([5, 6]), 1, 2))
    assert one.min() >= 0 and one.max() < 1
    np.testing.assert_allclose(np.histogram(one, 10, (0, 1))[0], 2000, atol=200)
    for left, right in ((one, other), (one[1:], one[:-1])):
        assert abs(np.corrcoef(left, right)[0, 1]) < 0.03
    assert stateless.generator(-1, 0).integers(1 << 30) == stateless.generator(-1, 0).integers(1 << 30)

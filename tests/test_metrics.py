"""Metrics against hand-worked numbers, their definitions and scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from camenn_tf import metrics

# Few distinct scores, so that ties are the rule.
ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=60)


def both_classes(labels: np.ndarray) -> bool:
    return 0 < labels.sum() < len(labels)


def test_auc_by_hand() -> None:
    # Pairs (positive, negative): .8>.1, .8>.4, .4>.1, .4=.4 -> 3.5 of 4.
    assert metrics.auc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8]) == 0.875
    # The tied negative weighs 3: (1 + 3 + 1 + 1.5) / (2 * 4).
    assert metrics.auc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8], [1, 1, 3, 1]) == 6.5 / 8


def test_one_class_or_nothing_has_no_auc() -> None:
    assert math.isnan(metrics.auc([1, 1], [0.2, 0.3]))
    assert math.isnan(metrics.auc([], []))
    assert math.isnan(metrics.auc([1, 0], [0.2, 0.3], [1, 0]))


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_auc_equals_scikit_learn(rows: list[tuple[int, int, int]]) -> None:
    label, score, weight = (np.array(column, float) for column in zip(*rows, strict=True))
    if both_classes(label):
        assert abs(metrics.auc(label, score) - reference.roc_auc_score(label, score)) <= 1e-12
    heavy = weight > 0
    if both_classes(label[heavy]):
        expected = reference.roc_auc_score(label[heavy], score[heavy], sample_weight=weight[heavy])
        assert abs(metrics.auc(label, score, weight) - expected) <= 1e-12


@given(ROWS)
@settings(max_examples=100, deadline=None)
def test_log_loss_equals_scikit_learn(rows: list[tuple[int, int, int]]) -> None:
    label, score, weight = (np.array(column, float) for column in zip(*rows, strict=True))
    score = score / 6  # 0 and 1 included
    for given_score in (score, score.astype(np.float32)):
        expected = reference.log_loss(label, given_score, labels=[0, 1])
        tolerance = 1e-12 if given_score.dtype == np.float64 else 1e-6  # scikit-learn sums float32 as float32
        assert metrics.log_loss(label, given_score) == pytest.approx(expected, rel=tolerance, abs=tolerance)
    if weight.sum() > 0:
        expected = reference.log_loss(label, score, labels=[0, 1], sample_weight=weight)
        assert metrics.log_loss(label, score, weight) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_log_loss_wants_probabilities() -> None:
    with pytest.raises(ValueError, match="probabilities"):
        metrics.log_loss([1, 0], [1.5, 0.2])


def test_grouped_auc_by_hand() -> None:
    # User 7: 1 of 2 pairs right, 3 samples; user 8: all right, 2 samples; user 9: bought nothing, left out.
    label = [1, 0, 0, 0, 1, 0]
    score = [0.5, 0.2, 0.9, 0.1, 0.3, 0.99]
    group = [7, 7, 7, 8, 8, 9]
    assert metrics.grouped_auc(label, score, group) == pytest.approx((0.5 * 3 + 1.0 * 2) / 5, abs=1e-15)
    assert metrics.grouped_auc(label, score, [str(name) for name in group]) == pytest.approx(0.7, abs=1e-15)
    assert math.isnan(metrics.grouped_auc([1, 0], [0.1, 0.2], ["a", "b"]))


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_grouped_auc_is_the_weighted_mean_of_scikit_learn(rows: list[tuple[int, int, int]]) -> None:
    label, score, group = (np.array(column, float) for column in zip(*rows, strict=True))
    total = weight = 0.0
    for name in np.unique(group):
        own = group == name
        if both_classes(label[own]):
            total += own.sum() * reference.roc_auc_score(label[own], score[own])
            weight += own.sum()
    result = metrics.grouped_auc(label, score, group)
    if weight:
        assert result == pytest.approx(total / weight, abs=1e-12)
    else:
        assert math.isnan(result)


def test_calibration_by_hand() -> None:
    score = np.array([0.9, 0.1, 0.2, 0.8])
    low, high = metrics.calibration([1, 0, 1, 1], score, bins=2)
    assert (low.samples, high.samples) == (2, 2)
    assert low.mean_score == pytest.approx(0.15) and low.positive_share == 0.5
    assert high.mean_score == pytest.approx(0.85) and high.positive_share == 1.0


def test_calibration_does_not_depend_on_the_order_of_equal_scores() -> None:
    one = metrics.calibration([1, 0, 0, 0], [0.5] * 4, bins=2)
    assert one == metrics.calibration([0, 0, 0, 1], [0.5] * 4, bins=2)
    assert [part.positive_share for part in one] == [0.25, 0.25]
    assert len(metrics.calibration([1, 0], [0.1, 0.2], bins=10)) == 2
    assert metrics.calibration([], []) == []
    with pytest.raises(ValueError, match="bins"):
        metrics.calibration([1], [0.5], bins=0)


def test_accuracy_counts_the_threshold_as_positive() -> None:
    assert metrics.accuracy([1, 0, 1, 0], [0.5, 0.4, 0.3, 0.6], 0.5) == 0.5
    assert math.isnan(metrics.accuracy([], []))


@given(ROWS)
@settings(max_examples=100, deadline=None)
def test_best_threshold_beats_every_other(rows: list[tuple[int, int, int]]) -> None:
    label, score, _ = (np.array(column, float) for column in zip(*rows, strict=True))
    best = metrics.accuracy(label, score, metrics.best_threshold(label, score))
    assert best == max(metrics.accuracy(label, score, cut) for cut in [*np.unique(score), np.inf])


@pytest.mark.parametrize(
    ("label", "score", "message"),
    [([1, 0, 1], [0.1, 0.2], "labels"), ([2, 0], [0.1, 0.2], "0 or 1"), ([1, 0], [0.1, math.nan], "score 1")],
)
def test_bad_input_is_named(label: list[int], score: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metrics.auc(label, score)


def test_bad_weights_and_groups_are_named() -> None:
    with pytest.raises(ValueError, match="weights"):
        metrics.auc([1, 0], [0.1, 0.2], [1])
    with pytest.raises(ValueError, match="at least 0"):
        metrics.auc([1, 0], [0.1, 0.2], [1, -1])
    with pytest.raises(ValueError, match="groups"):
        metrics.grouped_auc([1, 0], [0.1, 0.2], [1])

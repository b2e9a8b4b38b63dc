"""Resampled households, paired differences, Holm, gains: by hand and against the plain metric."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camenn_tf import metrics
from experiments.comparison.gain import ranking_gain
from experiments.comparison.household_bootstrap import household_counts, replicate_aucs
from experiments.comparison.paired_difference import holm, paired_difference
from experiments.comparison.ranking import in_front, ranking_of
from experiments.comparison.replicates import pack, replicates_of, unpack

RNG = np.random.default_rng(5)


def test_resamples_draw_as_many_households_and_follow_their_names() -> None:
    counts = household_counts(["b", "c", "a"], 50)
    assert counts.shape == (50, 3) and (counts.sum(1) == 3).all() and counts.std() > 0
    np.testing.assert_array_equal(household_counts(["a", "b", "c"], 50), counts[:, [2, 0, 1]])


def test_a_replicate_is_the_auc_weighted_by_its_households() -> None:
    label, score = RNG.integers(0, 2, 200), np.round(RNG.random(200), 2)  # with ties
    household = RNG.integers(0, 9, 200)
    counts = household_counts([str(n) for n in range(9)], 40)
    aucs = replicate_aucs(label, score, household, counts)
    expected = [metrics.auc(label, score, row[household]) for row in counts]
    np.testing.assert_allclose(aucs, expected, rtol=1e-12)


def test_a_resample_without_a_class_has_no_auc() -> None:
    counts = np.array([[1, 0], [1, 1]])
    np.testing.assert_array_equal(np.isnan(replicate_aucs([1, 0], [0.9, 0.1], [0, 1], counts)), [True, False])


def test_a_shift_of_every_replicate_is_the_difference() -> None:
    base = 0.8 + 0.01 * RNG.standard_normal((3, 500))
    found = paired_difference([0.81, 0.82, 0.83], [0.80, 0.81, 0.82], base + 0.01, base)
    assert (found.mean, found.low, found.high) == (pytest.approx(0.01),) * 3
    assert found.p_value == 2 / 501
    none = paired_difference([0.8] * 3, [0.8] * 3, base, base[:, ::-1])
    assert none.low < 0 < none.high and none.p_value > 0.05


def test_between_seeds_stands_students_distribution() -> None:
    ours, others = np.full((2, 400), 0.8), np.array([[0.7] * 400, [0.9] * 400])  # +.1 for one seed, -.1 for the other
    found = paired_difference([0.8, 0.8], [0.7, 0.9], ours, others)
    # s = .1 sqrt(2), so s / sqrt(2) = .1, and 97.5% of t with one degree of freedom is 12.7062
    assert found.mean == pytest.approx(0) and found.p_value == pytest.approx(1)
    assert found.high == pytest.approx(1.27062, rel=1e-4) and found.low == pytest.approx(-found.high)
    # three differences of .09, .1 and .11: t = .1 / (.01 / sqrt(3)) = 17.32 with two degrees of freedom
    level = np.full((3, 400), 0.7)
    sure = paired_difference([0.79, 0.8, 0.81], [0.7] * 3, level + 0.1, level)
    assert sure.p_value == pytest.approx(2 / 401)  # 2 (1 - T_2(17.32)) = .0033 is below what 400 resamples can say
    less = paired_difference([0.77, 0.8, 0.83], [0.7] * 3, level + 0.1, level)
    t = 0.1 / (0.03 / 3**0.5)
    assert less.p_value == pytest.approx(1 - t / (t**2 + 2) ** 0.5)  # T_2 in closed form
    with pytest.raises(ValueError, match="2 and 1 runs"):
        paired_difference([0.8, 0.8], [0.7], ours, others)
    with pytest.raises(ValueError, match="no resample"):
        paired_difference([0.8, 0.8], [0.7, 0.9], ours, others * np.nan)


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize("spread", [0.0, 0.3, 3.0])  # of seeds, where that of households is 1
def test_intervals_cover_the_true_difference(seeds: int, spread: float) -> None:
    rng, studies, covered, false = np.random.default_rng(seeds), 1000, 0, 0
    for _ in range(studies):
        scores = rng.standard_normal() + spread * rng.standard_normal(seeds)  # the truth is 0; households are shared
        replicates = scores[:, None] + rng.standard_normal(200)
        found = paired_difference(scores.tolist(), [0.0] * seeds, replicates, np.zeros((seeds, 200)))
        covered += found.low <= 0 <= found.high
        false += found.p_value < 0.05
    tolerance = 3 * (0.05 * 0.95 / studies) ** 0.5
    assert covered / studies >= 0.95 - tolerance and false / studies <= 0.05 + tolerance


def test_holm_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {"a": 0.03, "c": 0.06, "b": 0.06}
    assert holm({}) == {} and holm({"a": 0.7, "b": 0.9}) == {"a": 1.0, "b": 1.0}


def test_replicates_come_back_from_their_line() -> None:
    np.testing.assert_allclose(unpack(pack(np.array([0.87654321, np.nan, 1.0]))), [0.87654, np.nan, 1.0])


def write_predictions(path: Path) -> None:
    columns = {
        "sample": [0, 1, 2, 3, 4, 5, 6],
        "user": ["u1", "u1", "u1", "u2", "u2", "u2", "u2"],
        "label": [1, 0, 0, 0, 1, 0, 1],
        "cvr": [0.9, 0.8, 0.1, 0.7, 0.7, 0.2, 0.5],
        "new_to_user": [True, True, False, True, True, True, True],
    }
    pq.write_table(pa.table(columns), path)


def test_slices_have_replicates_of_their_own(tmp_path: Path) -> None:
    write_predictions(tmp_path / "predictions.parquet")
    found = {name: unpack(text) for name, text in replicates_of(str(tmp_path / "predictions.parquet"), 30).items()}
    assert set(found) == {"all", "new_to_user"} and all(len(values) == 30 for values in found.values())
    counts = household_counts(["u1", "u2"], 30)
    whole = np.flatnonzero((counts == 1).all(1))[0]
    assert found["all"][whole] == pytest.approx(metrics.auc([1, 0, 0, 0, 1, 0, 1], [9, 8, 1, 7, 7, 2, 5]), abs=1e-5)


def test_in_front_are_the_best_of_each_session() -> None:
    front = in_front(np.array([1, 0, 1, 1, 0]), np.array([0.2, 0.5, 0.9, 0.1, 0.1]), 2)
    assert front.tolist() == [1, 1, 1, 0, 1]


def test_equal_scores_share_the_places_that_they_stand_for() -> None:
    session = np.array([1, 0, 1, 1, 0, 1, 2, 2, 2])
    score = np.array([0.2, 0.5, 0.9, 0.2, 0.5, 0.2, 0.4, 0.4, 0.4])
    third, whole = 1 / 3, 2 / 3
    assert in_front(session, score, 2).tolist() == [third, 1, 1, third, 1, third, whole, whole, whole]
    assert in_front(session, score, 1).tolist() == [0, 0.5, 1, 0, 0.5, 0, third, third, third]


def test_without_ties_a_ranking_is_that_of_a_sort() -> None:
    session, score = RNG.integers(0, 30, 400), RNG.permutation(400) / 400
    front = in_front(session, score, 3)
    for part in (np.flatnonzero(session == number) for number in range(30)):
        assert set(part[front[part] == 1]) == set(part[np.argsort(-score[part])][:3])
    assert set(front) == {0.0, 1.0}


def test_conversion_of_what_a_ranking_shows(tmp_path: Path) -> None:
    write_predictions(tmp_path / "predictions.parquet")
    pq.write_table(pa.table({"session_id": ["s", "s", "s", "t", "t", "t", "single"]}), tmp_path / "events.parquet")
    found = ranking_of(str(tmp_path / "predictions.parquet"), str(tmp_path), 1, 20)
    # s shows its bought item, t one of two equal ones, of which one is bought; a session of one item is no contest
    assert (found["sessions"], found["conversion"], found["random"]) == (2, 0.75, pytest.approx(2 / 6))
    counts = household_counts(["u1", "u2"], 20)
    np.testing.assert_allclose(unpack(found["replicates"]), counts @ [1, 0.5] / counts.sum(1), atol=1e-5)


@pytest.mark.parametrize("first", [True, False])  # whether the bought item stands before the others
def test_a_constant_score_sells_what_chance_would(tmp_path: Path, first: bool) -> None:
    label = [1, 0, 0, 0, 0] if first else [0, 0, 0, 0, 1]
    columns = {"sample": range(10), "user": ["u"] * 10, "label": label * 2, "cvr": [0.5] * 10}
    pq.write_table(pa.table({name: list(values) for name, values in columns.items()}), tmp_path / "predictions.parquet")
    pq.write_table(pa.table({"session_id": ["s"] * 5 + ["t"] * 5}), tmp_path / "events.parquet")
    found = ranking_of(str(tmp_path / "predictions.parquet"), str(tmp_path), 2, 5)
    assert found["conversion"] == pytest.approx(found["random"]) == 0.2


def test_gain_over_the_control_by_hand() -> None:
    control = [{"conversion": 0.2, "replicates": "20000 10000"}]
    found = ranking_gain([{"conversion": 0.25, "replicates": "25000 15000"}], control)
    assert found.mean == pytest.approx(0.25)
    assert found.low == pytest.approx(0.25 + 0.025 * 0.25) and found.high == pytest.approx(0.5 - 0.025 * 0.25)

"""Donors: a bijection without conflicts, on as many rows as can have one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from camenn_tf.inputs.derangement import conflicts, derangement, derangements


@st.composite
def groups(draw: st.DrawFn) -> np.ndarray:
    """Up to 40 rows with up to three columns of few or many groups, -1 = none."""
    rows, columns = draw(st.integers(0, 40)), draw(st.integers(1, 3))
    most = draw(st.integers(0, 30))
    values = draw(st.lists(st.integers(-1, most), min_size=rows * columns, max_size=rows * columns))
    return np.asarray(values, np.int64).reshape(rows, columns)


@settings(max_examples=200, deadline=None)
@given(groups(), st.integers(0, 3))
def test_donors_are_a_permutation_of_the_kept_rows_without_conflicts(rows: np.ndarray, seed: int) -> None:
    kept, donors = derangement(rows, np.random.default_rng(seed))
    assert kept.tolist() == sorted(set(kept.tolist()))
    assert sorted(donors.tolist()) == kept.tolist()
    assert not (kept == donors).any()
    for row, donor in zip(kept, donors, strict=True):
        assert not any(one == other >= 0 for one, other in zip(rows[row], rows[donor], strict=True))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=40), st.integers(0, 3))
def test_one_kind_of_group_loses_no_more_rows_than_it_must(labels: list[int], seed: int) -> None:
    # a group of more than half of the rows finds partners for no more of its rows than there are others
    biggest = max((labels.count(label) for label in labels), default=0)
    must_go = max(0, 2 * biggest - len(labels))
    kept, _ = derangement(np.asarray(labels, np.int64)[:, None], np.random.default_rng(seed))
    assert kept.size == len(labels) - must_go


@settings(max_examples=200, deadline=None)
@given(groups(), st.integers(0, 3))
def test_no_row_is_lost_while_none_conflicts_with_more_than_half_of_them(rows: np.ndarray, seed: int) -> None:
    alike = conflicts(rows[:, None], rows[None]) | np.eye(len(rows), dtype=bool)
    assume((alike.sum(1) <= len(rows) / 2).all())
    assert derangement(rows, np.random.default_rng(seed))[0].size == len(rows)


def test_groups_of_half_of_the_rows_can_still_leave_a_row_without_donor() -> None:
    # row 0 is like each of the others in another column
    kept, _ = derangement(np.asarray([[0, 0, 0], [0, 1, 1], [1, 0, 2], [2, 2, 0]]), np.random.default_rng(0))
    assert 0 not in kept.tolist()


@settings(max_examples=100, deadline=None)
@given(groups(), st.integers(0, 3), st.integers(1, 3))
def test_several_derangements_are_of_the_same_rows(rows: np.ndarray, seed: int, count: int) -> None:
    kept, donors = derangements(rows, np.random.default_rng(seed), count)
    assert donors.shape == (count, kept.size)
    for one in donors:
        assert sorted(one.tolist()) == kept.tolist()
        assert not conflicts(rows[kept], rows[one]).any() and not (kept == one).any()


def test_three_rows_have_two_derangements_and_both_are_drawn() -> None:
    drawn = [
        tuple(derangement(np.asarray([[0], [1], [2]]), np.random.default_rng(seed))[1].tolist()) for seed in range(400)
    ]
    assert set(drawn) == {(1, 2, 0), (2, 0, 1)}
    assert drawn.count((1, 2, 0)) == pytest.approx(200, abs=40)  # four standard deviations

from __future__ import annotations

import numpy as np

from data.journey.past_events import DAY, PastEvents

# key 3: days 0, 10, 10, 40; key 5: day 20
PAST = PastEvents(np.array([3, 5, 3, 3, 3]), np.array([0, 20, 10, 10, 40]) * DAY)


def ask(key: int, day: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([key]), np.array([int(day * DAY)])


def test_counts_strictly_before() -> None:
    assert PAST.count(*ask(3, 10)) == 1
    assert PAST.count(*ask(3, 10.01)) == 3
    assert PAST.count(*ask(3, 100)) == 4
    assert PAST.count(*ask(3, 0)) == 0
    assert PAST.count(*ask(5, 100)) == 1
    assert PAST.count(*ask(4, 100)) == 0


def test_window_holds_its_first_second() -> None:
    assert PAST.count(*ask(3, 38), 28) == 2
    assert PAST.count(*ask(3, 38.01), 28) == 0
    assert PAST.count(*ask(3, 41), 91) == 4


def test_recency_and_first_are_of_the_same_key_and_strictly_before() -> None:
    assert PAST.recency(*ask(3, 12)) == 2
    assert PAST.recency(*ask(3, 40)) == 30
    assert np.isnan(PAST.recency(*ask(5, 20)))
    assert np.isnan(PAST.recency(*ask(4, 100)))
    assert PAST.first(*ask(3, 12)) == 12
    assert np.isnan(PAST.first(*ask(3, 0)))
    assert np.isnan(PAST.first(*ask(6, 50)))


def test_nothing_has_happened_yet() -> None:
    empty = PastEvents(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert empty.count(*ask(0, 5)) == 0
    assert np.isnan(empty.recency(*ask(0, 5)))
    assert np.isnan(empty.first(*ask(0, 5)))

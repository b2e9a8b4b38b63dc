"""Histories and statistics of earlier purchases, against plain loops over all events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from camenn_tf.dataset.purchases import DAY, EarlierStatistics, Moments, earlier_items

KEYS = np.asarray([0, 1, 1, -1, 0])  # of items 0 to 4; item 3 has none

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2),  # user
        st.integers(0, 8).flatmap(lambda n: st.sampled_from([n, n * 43200])),  # time
        st.integers(-1, 2),  # session
        st.integers(0, 4),  # item
        st.booleans(),  # bought
    ),
    min_size=1,
    max_size=40,
)


def moments(events: Sequence[tuple[int, ...]]) -> Moments:
    columns = np.asarray(events, np.int64).reshape(-1, 5).T
    return Moments(*columns)


@hypothesis_settings(max_examples=60, deadline=None)
@given(EVENTS, st.sampled_from([None, 0.5, 1.0, 2.5]))
def test_equals_loops_over_all_events(drawn: list[tuple[int, int, int, int, bool]], window: float | None) -> None:
    events = [(*event[:4], number) for number, event in enumerate(drawn)]
    bought = [event for event, row in zip(events, drawn, strict=True) if row[4]]
    purchases, samples = moments(bought), moments(events)
    history = earlier_items(purchases, samples, 3)
    statistics = EarlierStatistics(purchases, samples, KEYS)
    count, recency = statistics.count(window), statistics.recency(window)
    for row, (user, time, session, item, _) in enumerate(events):
        earlier = [e for e in bought if e[0] == user and e[1] < time and not (session >= 0 and e[2] == session)]
        earlier.sort(key=lambda e: (e[1], e[2], e[4]))
        assert history[row].tolist() == ([-1] * 3 + [e[3] for e in earlier])[-3:]
        alike = [e for e in earlier if KEYS[e[3]] == KEYS[item] and (window is None or e[1] >= time - window * DAY)]
        if KEYS[item] < 0:
            assert np.isnan(count[row])
            alike = []
        else:
            assert count[row] == len(alike)
        np.testing.assert_equal(recency[row], (time - alike[-1][1]) / DAY if alike else np.nan)


def test_worked_by_hand() -> None:
    bought = moments([(1, 100, 5, 0, 0), (1, 200, 6, 1, 1), (1, 200, 7, 0, 2), (2, 150, 8, 4, 3)])
    # the same second is not earlier; the own session (6) is not seen; another user's purchases are not seen
    samples = moments([(1, 200, 9, 0, 4), (1, 201, 6, 0, 5), (1, 86600, -1, 0, 6), (2, 150, -1, 4, 7)])
    assert earlier_items(bought, samples, 2).tolist() == [[-1, 0], [0, 0], [1, 0], [-1, -1]]
    by_item = EarlierStatistics(bought, samples, np.arange(5))
    assert by_item.count(None).tolist() == [1, 2, 2, 0]
    assert by_item.count(1.0).tolist() == [1, 2, 1, 0]  # exactly one day ago still counts
    assert by_item.recency(None)[2] == 1.0


def test_without_any_purchase() -> None:
    nothing, samples = moments([]), moments([(1, 5, 2, 0, 0)])
    assert earlier_items(nothing, samples, 2).tolist() == [[-1, -1]]
    assert EarlierStatistics(nothing, samples, KEYS).count(None).tolist() == [0]

"""Cuts by time, random sessions, and the order within a split."""

from __future__ import annotations

import numpy as np
import pytest

from camenn_tf.dataset.splits import NEVER, complete_rule, first_rule
from camenn_tf.errors import UserError
from tests.dataset.small_tables import settings

TIMES = np.arange(100, 110)
TWO_EACH = np.full(10, 2)


def test_fractions_become_cuts() -> None:
    section = settings(test_fraction=0.3, validation_fraction=0.15)
    rule = complete_rule(section, first_rule(section), TIMES, TWO_EACH)
    # 20 samples: 6 are test (from 107); of the 14 others .15 is 2.1, so 2 (from 106)
    assert (rule.test_from, rule.validation_from) == (107, 106)
    nobody, none = np.zeros(4, np.int64), np.full(4, -1)
    assert rule.split(nobody, none, np.asarray([105, 106, 107, 109])).tolist() == [0, 1, 2, 2]


def test_times_win_over_fractions() -> None:
    section = settings(test_from="1970-01-01T00:01:48", validation_from="1970-01-01T01:01:42+01:00")
    rule = complete_rule(section, first_rule(section), TIMES, TWO_EACH)
    assert (rule.test_from, rule.validation_from) == (108, 102)


def test_no_fraction_no_split() -> None:
    section = settings(test_fraction=0.0, validation_fraction=0.0)
    rule = complete_rule(section, first_rule(section), TIMES, TWO_EACH)
    assert (rule.test_from, rule.validation_from) == (NEVER, NEVER)


def test_random_sessions_stay_whole_and_have_the_share() -> None:
    section = settings(split="random", test_fraction=0.25)
    rule = complete_rule(section, first_rule(section), TIMES, TWO_EACH)
    assert rule.test_from == NEVER and rule.validation_from == 109  # validation is the end of what is not test
    users, sessions = np.repeat(np.arange(4000), 2), np.repeat(np.arange(4000) * 17, 2)
    test = rule.split(users, sessions, np.full(8000, 100)) == 2
    assert (test[::2] == test[1::2]).all()
    # 4000 draws at .25: five standard deviations are .034
    assert abs(test.mean() - 0.25) < 0.034
    other = first_rule(settings(split="random", seed=2)).test_session(users, sessions, users)
    assert (other != test).any()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"split": "user"}, "prepare.split=user"),
        ({"test_from": "soon"}, "prepare.test_from=soon"),
        ({"split": "random", "test_from": "2020-01-01"}, "test_from belongs to split=time"),
    ],
)
def test_senseless_settings(values: dict[str, object], named: str) -> None:
    with pytest.raises(UserError, match=named):
        first_rule(settings(**values))


def test_nothing_left_for_train() -> None:
    section = settings(test_from="1970-01-01")
    with pytest.raises(UserError, match="leaves no train samples"):
        complete_rule(section, first_rule(section), TIMES, TWO_EACH)


def test_order_of_train_is_a_shuffle_and_of_test_is_not() -> None:
    rule = first_rule(settings())
    number = np.arange(1000)
    train = np.argsort(rule.order(number, np.zeros(1000, np.int8)))
    assert sorted(train.tolist()) == number.tolist()
    assert abs(np.corrcoef(train, number)[0, 1]) < 0.15  # 5 standard deviations of 1/sqrt(1000)
    assert rule.order(number, np.full(1000, 2)).tolist() == number.tolist()

"""Bounds of settings."""

from __future__ import annotations

import math
import re

import pytest

from camenn_tf.bounds import check_at_least, check_shares
from camenn_tf.errors import UserError


@pytest.mark.parametrize("value", [0, -3, math.nan])
def test_below_the_bound_is_told_with_key_and_value(value: float) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(f'a.b is {value}, expected at least 1')}$"):
        check_at_least("a", {"c": 1, "b": value}, {"c": 1, "b": 1})
    check_at_least("a", {"b": 1}, {"b": 1})


@pytest.mark.parametrize("value", [1, -0.1, math.nan])
def test_a_share_leaves_something(value: float) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(f'a.b is {value}, expected at least 0 and below 1')}$"):
        check_shares("a", {"b": value}, ["b"])
    check_shares("a", {"b": 0}, ["b"])

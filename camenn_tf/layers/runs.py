"""Neighbouring columns that are treated alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

_Mark = TypeVar("_Mark", str, bool)


def runs(marks: Sequence[_Mark]) -> list[tuple[_Mark, int, int]]:
    """(mark, first column, column after the last) of each run of equal marks."""
    found: list[tuple[_Mark, int, int]] = []
    for column, mark in enumerate(marks):
        if found and found[-1][0] == mark:
            found[-1] = (mark, found[-1][1], column + 1)
        else:
            found.append((mark, column, column + 1))
    return found

"""Donors of alignment negatives: a permutation of the rows' own items in which no row meets an item like its own."""

from __future__ import annotations

import numpy as np


def derangement(groups: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draws a random bijection of rows onto rows such that a row and its donor share no group.

    A random permutation is mended by random swaps. While no row conflicts with more than half of the rows, itself
    among them, a swap exists for every conflict. Rows that none mends are left out, both as rows and as donors, so
    that it stays a bijection: every row is a donor exactly once, and how often an item occurs says nothing of whether
    a pair is genuine.

    Args:
      groups: int64 [k, G]; two rows conflict if they are equal in any column, where it is not negative.
      rng: the random numbers.

    Returns:
      kept: int64 [m], the rows that have a donor, ascending.
      donors: int64 [m], the donor of each: a permutation of `kept`.
    """
    count = len(groups)
    groups = np.column_stack([np.arange(count), groups])  # a row conflicts with itself
    donor = rng.permutation(count)
    _swap_conflicts(groups, donor, rng)
    kept = _leave_out_conflicts(groups, donor)
    return kept, donor[kept]


def derangements(groups: np.ndarray, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` derangements of the same rows, int64 [m] and [count, m]; a row left out of one is left out of all."""
    kept = np.arange(len(groups))
    while True:
        donors = []
        for _ in range(count):
            rows, donor = derangement(groups[kept], rng)
            if rows.size < kept.size:
                break  # the others must do without these rows too
            donors.append(kept[donor])
        else:
            return kept, np.asarray(donors, np.int64).reshape(count, kept.size)
        kept = kept[rows]


def conflicts(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Whether rows share a group: bool [k] of int64 [k, G] and [k, G] or [1, G]."""
    return np.asarray(((left == right) & (left >= 0)).any(axis=-1))


def _swap_conflicts(groups: np.ndarray, donor: np.ndarray, rng: np.random.Generator) -> None:
    """Mends `donor` in place: a swap settles its two rows and spoils no other."""
    left = np.flatnonzero(conflicts(groups, groups[donor]))
    while left.size:
        for row in left:
            if not conflicts(groups[row], groups[donor[row]]):
                continue  # the other end of an earlier swap
            mends = ~conflicts(groups[donor], groups[row]) & ~conflicts(groups, groups[donor[row]])
            options = np.flatnonzero(mends)
            if options.size:
                other = options[rng.integers(options.size)]
                donor[row], donor[other] = donor[other], donor[row]
        before, left = left.size, np.flatnonzero(conflicts(groups, groups[donor]))
        if left.size == before:
            return


def _leave_out_conflicts(groups: np.ndarray, donor: np.ndarray) -> np.ndarray:
    """Takes conflicting rows out of their cycles, `donor` in place; returns the rows that stay."""
    kept = np.ones(len(donor), bool)
    taker = np.empty_like(donor)  # taker[donor[row]] = row
    taker[donor] = np.arange(len(donor))
    left = list(np.flatnonzero(conflicts(groups, groups[donor])))
    while left:
        row = left.pop()
        if not kept[row] or not conflicts(groups[row], groups[donor[row]]):
            continue
        kept[row] = False
        before, after = taker[row], donor[row]
        donor[before], taker[after] = after, before  # the cycle closes over the gap
        if before != row:
            left.append(before)
    return np.flatnonzero(kept)

"""Alignment rows of a batch: which samples get them, and whose text and image stand in the negatives."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from ml_collections import ConfigDict

from camenn_tf.inputs.derangement import derangements
from camenn_tf.tasks import ALONE, BOTH_TASKS, ITA, TASK_CODES, TIA

_SCALE = 1 << 20  # fractions are exact multiples of 1 / _SCALE, so that counts cannot depend on rounding


@dataclasses.dataclass(frozen=True)
class AlignmentRows:
    """Alignment rows of a global batch; every array has A entries.

    Attributes:
      owner: int64, the position whose replica holds the row; rows come in the order of owners.
      sample: int64, the position whose user and fields the row is judged in, -1 = the item alone.
      text_row, image_row: int64, catalogue rows.
      task: int64, of `TASK_CODES` or `BOTH_TASKS`.
      label: float32, 1 = text and image of one item.
      weight: float32; negatives of a task weigh as much as its positives.
    """

    owner: np.ndarray
    sample: np.ndarray
    text_row: np.ndarray
    image_row: np.ndarray
    task: np.ndarray
    label: np.ndarray
    weight: np.ndarray

    @property
    def size(self) -> int:
        """A."""
        return len(self.owner)

    def owned(self, first: int, end: int) -> AlignmentRows:
        """The rows of positions `first` <= position < `end`, which are counted from `first` then."""
        chosen = (self.owner >= first) & (self.owner < end)
        part = {field.name: getattr(self, field.name)[chosen] for field in dataclasses.fields(self)}
        part["owner"] = part["owner"] - first
        part["sample"] = np.where(part["sample"] == ALONE, ALONE, part["sample"] - first)
        return AlignmentRows(**part)


def alignment_rows(
    owner: np.ndarray,
    target: np.ndarray,
    alone: np.ndarray,
    groups: np.ndarray,
    rng: np.random.Generator,
    config: ConfigDict,
) -> AlignmentRows:
    """One positive and `donors` negatives a task for each chosen position (docs/FIDELITY.md 15, 18).

    The positive, which both tasks share, is the target's text and image. An ITA negative is a donor's text with the
    target's image, a TIA negative the target's text with a donor's image. Donors are derangements of the targets,
    so over the rows of a task each text and each image weighs the same in positives and in negatives. Positions
    without a possible donor get no rows at all.

    Args:
      owner: int64 [k], rising positions in the global batch.
      target: int64 [k], their catalogue rows.
      alone: bool [k], whether the row is the item alone (context dropout).
      groups: int64 [k, G], what donors must differ in, see `derangement`.
      rng: random numbers of this step.
      config: section `alignment`.
    """
    kept, donors = derangements(groups, rng, config.donors)
    return paired_rows(owner[kept], target[kept], target[donors.T], alone[kept], config)


def paired_rows(
    owner: np.ndarray, target: np.ndarray, donor: np.ndarray, alone: np.ndarray, config: ConfigDict
) -> AlignmentRows:
    """The rows of `alignment_rows` for targets [k] whose donors [k, donors] are given."""
    tasks = [task for task in TASK_CODES if config[task]]
    own = target[:, None]  # [k, 1]
    text = np.concatenate(
        [own] + [donor if task == ITA else np.broadcast_to(own, donor.shape) for task in tasks], axis=1
    )
    image = np.concatenate(
        [own] + [donor if task == TIA else np.broadcast_to(own, donor.shape) for task in tasks], axis=1
    )
    codes = [TASK_CODES[task] for task in tasks]
    of_row = [codes[0] if len(codes) == 1 else BOTH_TASKS] + [code for code in codes for _ in range(config.donors)]
    width = len(of_row)
    sample = np.where(alone, ALONE, owner)
    return AlignmentRows(
        owner=np.repeat(owner, width),
        sample=np.repeat(sample, width),
        text_row=text.reshape(-1),
        image_row=image.reshape(-1),
        task=np.tile(np.asarray(of_row, np.int64), target.size),
        label=np.tile(np.asarray([1] + [0] * (width - 1), np.float32), target.size),
        weight=np.tile(np.asarray([1] + [1 / config.donors] * (width - 1), np.float32), target.size),
    )


def joined_rows(parts: Sequence[AlignmentRows]) -> AlignmentRows:
    """The rows of all parts, in the order of owners."""
    order = np.argsort(np.concatenate([part.owner for part in parts]), kind="stable")
    names = [field.name for field in dataclasses.fields(AlignmentRows)]
    return AlignmentRows(**{name: np.concatenate([getattr(part, name) for part in parts])[order] for name in names})


def no_alignment_rows() -> AlignmentRows:
    """A = 0."""
    whole, real = np.zeros(0, np.int64), np.zeros(0, np.float32)
    return AlignmentRows(whole, whole, whole, whole, whole, real, real)


def choose(eligible: np.ndarray, fraction: float, phase: float) -> np.ndarray:
    """Chooses an even share of the eligible positions: bool [B].

    Eligible position number n is chosen when the whole part of n * fraction + phase rises at n + 1. As the order of
    samples is random this is a random choice, and every replica's slice gets its share of rows.

    Args:
      eligible: bool [B].
      fraction: 0 to 1.
      phase: 0 <= phase < 1.
    """
    step = round(fraction * _SCALE)
    number = np.cumsum(eligible) - 1
    start = number * step + int(phase * _SCALE)
    return np.asarray(eligible & ((start + step) // _SCALE > start // _SCALE))


def most_rows(positions: int, config: ConfigDict, fraction: float | None = None) -> int:
    """The most alignment rows that `positions` neighbouring positions can have."""
    tasks = int(config.ita) + int(config.tia)
    if not tasks:
        return 0
    step = round((config.fraction if fraction is None else fraction) * _SCALE)
    return -(-positions * step // _SCALE) * (1 + tasks * config.donors)

"""Which split a sample belongs to, and its place in the order of that split."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from camenn_tf.dataset.columns import parse_time
from camenn_tf.dataset.dataset_info import SPLITS
from camenn_tf.dataset.splitmix import mix
from camenn_tf.errors import UserError

TRAIN, VALIDATION, TEST = range(len(SPLITS))
NEVER = np.iinfo(np.int64).max


@dataclasses.dataclass(frozen=True)
class SplitRule:
    """Time cuts, and for the random split the share of sessions that are test sessions.

    A sample is a test sample at or after `test_from`, or (random split) in a test session; otherwise a validation
    sample at or after `validation_from`; otherwise a train sample.
    """

    seed: int
    random_share: float = 0.0
    test_from: int = NEVER
    validation_from: int = NEVER

    def test_session(self, user: np.ndarray, session: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Bool [n]: whether an event lies in a test session; without a session id, user and time make a session."""
        if not self.random_share:
            return np.zeros(len(user), bool)
        key = mix(np.where(session >= 0, session, time), self.seed) ^ mix(user, self.seed + 1)
        # the upper 53 bits as a fraction of 1
        return (mix(key, self.seed + 2) >> np.uint64(11)).astype(np.float64) / 2.0**53 < self.random_share

    def split(self, user: np.ndarray, session: np.ndarray, time: np.ndarray) -> np.ndarray:
        """int8 [n]: 0 train, 1 validation, 2 test."""
        out = np.where(time >= self.validation_from, VALIDATION, TRAIN)
        test = (time >= self.test_from) | self.test_session(user, session, time)
        return np.where(test, TEST, out).astype(np.int8)

    def order(self, sample: np.ndarray, split: np.ndarray) -> np.ndarray:
        """uint64 [n]: sort key within the split: a hash in train, the sample number otherwise."""
        return np.where(split == TRAIN, mix(sample, self.seed), sample.astype(np.uint64))


def first_rule(settings: Any) -> SplitRule:
    """The rule as far as it is known before the timestamps are, of settings that `check_settings` passed.

    Raises UserError on a kind of split that there is not, and on times that make no sense.
    """
    if settings.split not in ("time", "random"):
        raise UserError(f"--config.prepare.split={settings.split}: expected time or random")
    random = settings.split == "random"
    if random and settings.test_from:
        raise UserError("--config.prepare.test_from belongs to split=time, and split=random is set; leave one out")
    return SplitRule(
        seed=settings.seed,
        random_share=settings.test_fraction if random else 0.0,
        test_from=_time(settings, "test_from"),
        validation_from=_time(settings, "validation_from"),
    )


def complete_rule(settings: Any, rule: SplitRule, times: np.ndarray, counts: np.ndarray) -> SplitRule:
    """Turns fractions into time cuts.

    Args:
      settings: the `prepare` section.
      rule: of `first_rule`.
      times: int64 [n], distinct timestamps, rising, of the samples outside test sessions.
      counts: int64 [n], samples at each.
    """
    if not len(times):
        raise UserError(
            "events: no samples are left for train: every row is history_only, left out or in a test session"
        )
    if settings.split == "time" and not settings.test_from:
        rule = dataclasses.replace(rule, test_from=_cut(times, counts, settings.test_fraction))
    keep = times < rule.test_from
    if not settings.validation_from:
        cut = _cut(times[keep], counts[keep], settings.validation_fraction)
        rule = dataclasses.replace(rule, validation_from=cut)
    if not (times < min(rule.test_from, rule.validation_from)).any():
        raise UserError(
            "the split leaves no train samples: they all lie at or after --config.prepare.test_from / validation_from "
            "or the fractions are too large for so few distinct timestamps"
        )
    return rule


def _cut(times: np.ndarray, counts: np.ndarray, fraction: float) -> int:
    """The timestamp whose samples and all later ones come nearest to this share, never all of them."""
    if not fraction or len(times) < 2:
        return int(NEVER)
    tail = np.cumsum(counts[::-1])[::-1][1:]  # samples at or after times[1:]
    best = int(np.argmin(np.abs(tail - fraction * counts.sum())))
    return int(times[1:][best])


def _time(settings: Any, key: str) -> int:
    value = settings[key]
    if not value:
        return int(NEVER)
    try:
        return parse_time(str(value))
    except ValueError as error:
        raise UserError(f"--config.prepare.{key}={value}: expected an ISO time or unix seconds ({error})") from error

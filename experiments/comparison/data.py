"""The data that trials train on: two sizes of Complete Journey with their controls, and the embedded store."""

from __future__ import annotations

import dataclasses
import os

from camenn_tf.locked import locked
from experiments.configs.encoders import OFFLINE
from experiments.steps import build_tables, step

COMPLETE_JOURNEY, CORNER_STORE = "complete_journey", "corner_store"
SMALL_SHARE = 0.3  # of the households


@dataclasses.dataclass(frozen=True)
class TrialData:
    """Tables, dataset and features under one name.

    Attributes:
      name: of the folder.
      world: `complete_journey` or `corner_store`.
      builder_flags: of the tables' builder.
      shown: how many of a session's items a ranking puts in front, where rankings are judged by what is bought of them.
      encoders: of `experiments/configs/encoders.py`; empty = what the world's configuration has.
    """

    name: str
    world: str
    builder_flags: tuple[str, ...] = ()
    shown: int = 1
    encoders: str = ""

    def path(self, output: str, part: str) -> str:
        """`tables`, `dataset` or `features` below the output directory."""
        return os.path.join(output, self.name, part)

    def truth(self, output: str) -> str:
        """The directory of what the world knows; empty where there is none."""
        return os.path.join(self.path(output, "tables"), "truth") if self.world == CORNER_STORE else ""

    def make(self, output: str, images: str) -> None:
        """Makes what is missing; a second process waits for the first."""
        with locked(os.path.join(output, f"{self.name}.lock")):
            tables, dataset, features = (self.path(output, part) for part in ("tables", "dataset", "features"))
            os.makedirs(os.path.dirname(tables), exist_ok=True)
            config = f"--config=experiments/configs/{self.world}.py"
            build_tables(self.world, tables, images, self.builder_flags)
            step("camenn_tf.prepare", f"--tables={tables}", f"--output={dataset}", "--overwrite", config)
            if self.encoders:
                config = f"{config}:{self.encoders}"
            elif self.world == COMPLETE_JOURNEY:
                with locked(os.path.join(output, "encoders.lock")):
                    step("data.offline_encoders", f"--output={OFFLINE}")
            cache = os.path.join(output, "encode_cache")  # one for all: most texts and photos are the same
            step("camenn_tf.encode", f"--dataset={dataset}", f"--output={features}", f"--cache={cache}", config)


def store_name(rate: float) -> str:
    """Of the embedded store at a dirty rate."""
    return f"store_dirty_{round(100 * rate):02d}"


def _store(rate: float) -> TrialData:
    """The embedded store with this share of the items dirty, each kind of dirt in its usual proportion.

    Titles (.15), pictures (.15) and categories (.05) are spoilt independently, so a factor f makes
    1 - (1 - .15 f)^2 (1 - .05 f) of the items dirty.
    """
    low, high = 0.0, 6.0
    for _ in range(60):
        middle = (low + high) / 2
        dirty = 1 - (1 - 0.15 * middle) ** 2 * (1 - 0.05 * middle)
        low, high = (middle, high) if dirty < rate else (low, middle)
    usual = {
        "vague_title": 0.1,
        "wrong_title": 0.05,
        "wrong_category": 0.05,
        "blurred_picture": 0.1,
        "wrong_picture": 0.05,
    }
    flags = tuple(f"--{name}={share * low:.4f}" for name, share in usual.items())
    return TrialData(store_name(rate), CORNER_STORE, flags)


# Seven days to train, the eighth to test, when the world answers whatever is shown of 30 items a visit.
_AB = ("--days=8", "--test_days=1", "--recent_days=1", "--users=3000", "--sessions_a_day=2500", "--exposed=30")
DIRTY_RATES = (0.0, 0.1, 0.2, 0.4)
_SMALL = f"--households={SMALL_SHARE}"
DATA = {
    data.name: data
    for data in (
        TrialData("bench", COMPLETE_JOURNEY),
        TrialData("small", COMPLETE_JOURNEY, (_SMALL,)),
        TrialData("small_shuffled", COMPLETE_JOURNEY, (_SMALL, "--shuffle_contents")),
        TrialData("small_exact", COMPLETE_JOURNEY, (_SMALL, "--exact_photos")),
        TrialData("small_scratch", COMPLETE_JOURNEY, (_SMALL,), encoders="scratch"),
        TrialData("ab", CORNER_STORE, _AB, shown=5),
        *(_store(rate) for rate in DIRTY_RATES),
    )
}

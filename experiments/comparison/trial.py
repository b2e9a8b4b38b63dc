"""One run of a comparison: what it trains on, with which settings, and where its JSON lies."""

from __future__ import annotations

import dataclasses
import os

from experiments.comparison.data import DATA, TrialData

RESULTS = "experiments/results"


@dataclasses.dataclass(frozen=True)
class Trial:
    """A (model, seed) run.

    Attributes:
      study: folder of the results; tables may share a study.
      arm: what is compared: a model, or a model with a change.
      seed: of the run.
      data: name of its TrialData.
      settings: flags of `camenn_tf.train`.
      test: whether it is a final configuration, whose test split is scored (once, and logged).
    """

    study: str
    arm: str
    seed: int
    data: str
    settings: tuple[str, ...]
    test: bool = False

    @property
    def source(self) -> TrialData:
        """Its data."""
        return DATA[self.data]

    def result(self, results: str = RESULTS) -> str:
        """Path of its JSON."""
        return os.path.join(results, self.study, f"{self.arm}-{self.seed}.json")

    def run(self, output: str) -> str:
        """Directory of its training run."""
        return os.path.join(output, "runs", self.study, f"{self.arm}-{self.seed}")

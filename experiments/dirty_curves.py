"""Dirty data: what each model loses by it, and how well CameNN finds it, on the embedded store.

    python -m experiments.dirty_curves

The same store with 0, 10, 20 and 40% of its items dirty (vague or wrong titles, blurred or wrong pictures, wrong
shelves), which only the truth table knows. Test AUC of every model; of CameNN also how its alignment scores of each
item's own text and picture find the dirty ones.
"""

from __future__ import annotations

from experiments.comparison.arms import BASELINES
from experiments.comparison.command import run_study
from experiments.comparison.data import DIRTY_RATES, store_name
from experiments.comparison.detection import detection
from experiments.comparison.final_runs import model_settings
from experiments.comparison.trial import Trial

STUDY = "dirty"
SEEDS = (1, 2, 3)
MODELS = (*BASELINES, "din_content", "camenn")


def arm_name(model: str, rate: float) -> str:
    """A model at a dirty rate."""
    return f"{model}@{round(100 * rate):02d}"


def trials() -> list[Trial]:
    """All models at all rates, seed by seed."""
    return [
        Trial(STUDY, arm_name(model, rate), seed, store_name(rate), model_settings(model, "corner_store/"), test=True)
        for seed in SEEDS
        for rate in DIRTY_RATES
        for model in MODELS
    ]


if __name__ == "__main__":
    run_study(trials, detection)

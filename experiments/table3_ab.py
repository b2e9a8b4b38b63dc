"""Table 3: what is sold when a model ranks, against FM: a simulated A/B test, seven days to train, the eighth to test.

    python -m experiments.table3_ab

The embedded store answers any exposure: each visit of the eighth day has 30 items that may be shown, a model shows the
five it scores best, and the world says which of them are bought. All arms serve the same visits, so that differences
are the rankings'. The replay on Complete Journey needs no run of its own: it reads which item the runs of Table 1 rank
first in each basket, which has five samples for each product bought.
"""

from __future__ import annotations

from experiments.comparison.arms import BASELINES
from experiments.comparison.command import run_study
from experiments.comparison.final_runs import model_settings
from experiments.comparison.trial import Trial

STUDY = "ab"
SEEDS = (1, 2, 3)
MODELS = (*BASELINES, "din_content", "camenn")  # one baseline reads texts and pictures, as CameNN does


def trials() -> list[Trial]:
    """One a model and seed; the eighth day is the test split, scored once."""
    return [
        Trial(STUDY, model, seed, "ab", model_settings(model, "corner_store/"), test=True)
        for seed in SEEDS
        for model in MODELS
    ]


if __name__ == "__main__":
    run_study(trials)

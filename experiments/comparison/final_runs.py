"""The final runs that Tables 1, 2 and 4 share: all households, five seeds, test split scored."""

from __future__ import annotations

from experiments.comparison.trial import Trial

STUDY = "final"
SEEDS = (1, 2, 3, 4, 5)
FEWER_SEEDS = {"mmoe": 3, "mose": 3, "afm": 3, "xdeepfm": 3}  # the slow ones


def model_settings(arm: str, world: str = "") -> tuple[str, ...]:
    """Flags of a model of `experiments/configs/comparison.py`; `<model>_content` sees texts and pictures, too."""
    model = arm.removesuffix("_content")
    content = ("--config.baseline.content=True",) if model != arm else ()
    return (f"--config=experiments/configs/comparison.py:{world}{model}", *content)


def final_trials(*models: str) -> list[Trial]:
    """One a model and seed, all models of a seed before the next, so that there is a table early."""
    return [
        Trial(STUDY, model, seed, "bench", model_settings(model), test=True)
        for seed in SEEDS
        for model in models
        if seed <= FEWER_SEEDS.get(model, len(SEEDS))
    ]

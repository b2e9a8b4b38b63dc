"""Search over learning rate and main size of each model, on validation weeks of 30% of the households: one JSON a run.

    python -m experiments.search --images=GroceryStoreDataset

Every model gets six runs of one seed; CameNN, its frames and FashionBERT vary image dropout as their size. The best by
validation AUC (FashionBERT: the mean AUC of ITA and TIA) goes, by hand, into `experiments/configs/comparison.py`, which
all other studies read; RESULTS.md lists every run. No test sample is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.comparison.command import run_study
from experiments.comparison.trial import Trial

RATES = (5e-4, 1.5e-3)
SEED = 101  # none of the seeds that are published


def _product(**sizes: Sequence[Any]) -> list[dict[str, Any]]:
    """Three values of one size at each of two learning rates."""
    ((key, values),) = sizes.items()
    name = key.replace("__", ".")
    return [{"optimizer.learning_rate": rate, name: value} for value in values for rate in RATES]


SPACES: dict[str, list[dict[str, Any]]] = {
    "fm": _product(model__embedding_size=(8, 16, 32)),
    "ffm": _product(baseline__ffm_size=(2, 4, 8)),
    "wide_deep": _product(model__embedding_size=(8, 16, 32)),
    "deepfm": _product(model__embedding_size=(8, 16, 32)),
    "afm": _product(model__embedding_size=(8, 16, 32)),
    "xdeepfm": _product(model__embedding_size=(8, 16, 32)),
    "din": _product(model__embedding_size=(8, 16, 32)),
    "bst": _product(model__embedding_size=(8, 16, 32)),
    **dict.fromkeys(("camenn", "mmoe", "mose", "fashionbert"), _product(model__image_dropout=(0.0, 0.3, 0.5))),
}


def trials() -> list[Trial]:
    """Six for each model."""
    return [
        Trial("search", f"{model}-{number}", SEED, "small", _flags(model, point))
        for model, points in SPACES.items()
        for number, point in enumerate(points, 1)
    ]


def _flags(model: str, point: dict[str, Any]) -> tuple[str, ...]:
    changes = (f"--config.{key}={value}" for key, value in point.items())
    return (f"--config=experiments/configs/comparison.py:{model}", *changes)


if __name__ == "__main__":
    run_study(trials)

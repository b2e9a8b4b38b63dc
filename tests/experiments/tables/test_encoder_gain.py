"""The table of two arms, with numbers worked out by hand."""

from __future__ import annotations

from typing import Any

from experiments.tables import encoder_gain

SLICES = ("new_to_user", "item_rare", "item_unseen")
DONORS = ("all", "same_coarse_class")


def _file(arm: str, seed: int, auc: float) -> tuple[str, dict[str, Any]]:
    part = {"auc": auc, "samples": 7}
    task = {"accuracy": auc, "text_only": 0.5, "image_only": 0.5, "pairs": 9}
    tasks = {"ita": task, "tia": task}
    return (
        f"{arm}-{seed}.json",
        {
            "arm": arm,
            "seed": seed,
            "commit": "abc",
            "households": 0.3,
            "samples_per_second": 100 * auc,
            "validation": {"cvr": {**part, "slices": dict.fromkeys(SLICES, part)}},
            "test_alignment": dict.fromkeys(DONORS, tasks),
        },
    )


def test_mean_deviation_and_paired_interval() -> None:
    files = [_file("offline", 1, 0.8), _file("offline", 2, 0.9), _file("scratch", 1, 0.7), _file("scratch", 2, 0.6)]
    rows = encoder_gain.lines(files)
    # differences .1 and .3: mean .2, deviation .1 sqrt(2), t_1(.975) = 12.7062, so half a width is .1 * 12.7062
    assert "| CVR AUC, validation (7 samples) | 0.6500 ± 0.0707 | 0.8500 ± 0.0707 | +0.2000 ± 1.2706 |" in rows
    assert "| ITA accuracy, random donors, text only | 0.5000 ± 0.0000 | 0.5000 ± 0.0000 | +0.0000 ± 0.0000 |" in rows


def test_only_seeds_of_both_arms_are_paired() -> None:
    files = [_file("offline", 1, 0.8), _file("scratch", 1, 0.7), _file("scratch", 2, 0.6)]
    assert any(row.startswith("| CVR AUC, rare products (7 samples) |") for row in encoder_gain.lines(files))
    assert any(row.endswith("| 0.6500 ± 0.0707 | 0.8000 ± nan | +0.1000 ± nan |") for row in encoder_gain.lines(files))

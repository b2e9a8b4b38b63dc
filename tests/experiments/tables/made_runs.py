"""Results of runs as the studies write them, with scores that a test can foresee."""

from __future__ import annotations

from typing import Any

REPLICATES = 200


def made_run(kind: str, arm: str, seed: int, auc: float, **more: Any) -> dict[str, Any]:
    """A run whose every score is `auc`; resamples lie evenly within .002 of it, the same way for every run."""
    around = [auc + 0.00002 * (2 * place - REPLICATES + 1) / 2 for place in range(REPLICATES)]
    packed = " ".join(str(round(value * 1e5)) for value in around)
    slices = {name: {"auc": auc, "samples": 5} for name in ("new_to_user", "item_rare", "item_unseen")}
    pair = {"pairs": 8, "accuracy": auc, "auc": auc, "text_only": 0.5, "image_only": 0.5, "fitted_accuracy": auc}
    donors = {key: {"ita": pair, "tia": pair} for key in ("all", "same_coarse_class")}
    cvr = {"samples": 20, "positives": 4, "auc": auc, "gauc": auc, "log_loss": 0.3, "slices": slices}
    split = {"cvr": cvr, "alignment": donors}
    parts = {"all": packed, "new_to_user": packed, "item_rare": packed}
    ranking = {"shown": 5, "sessions": 7, "conversion": auc, "random": 0.2, "replicates": packed}
    return {
        "kind": kind,
        "arm": arm,
        "seed": seed,
        "samples_per_second": 100.0,
        "parameters": 1000,
        "wall_seconds": 60,
        "validation": split,
        "test": split,
        "replicates": {"validation": parts, "test": parts},
        "ranking": {"test": ranking},
        **more,
    }


def files_of(*runs: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """As `read_results` hands them to a section."""
    return [(f"{run['kind']}/{run['arm']}-{run['seed']}.json", run) for run in runs]

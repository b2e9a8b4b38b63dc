"""What pretrained encoders add to ones that learn along: what `experiments.encoder_gain` writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from experiments.statistics import interval_half_width, mean_and_deviation
from experiments.tables.cells import Files, table

Run = dict[str, Any]
ARMS = {"scratch": "learn along", "offline": "pretrained"}
CONVERSION = {
    "": "CVR AUC, validation",
    "new_to_user": "CVR AUC, new to household",
    "item_rare": "CVR AUC, rare products",
    "item_unseen": "CVR AUC, products unseen in train",
}
DONORS = {"all": "random donors", "same_coarse_class": "donors of the same coarse class"}
CONTROLS = {"text_only": "text only", "image_only": "image only"}


def lines(files: Files) -> list[str]:
    """Mean and standard deviation of each arm, and the difference of runs of the same seed with its interval."""
    runs = {arm: {part["seed"]: part for _, part in files if part["arm"] == arm} for arm in ARMS}
    seeds = sorted(set.intersection(*(set(of_arm) for of_arm in runs.values())))
    titles = ["", *(f"{title} ({', '.join(map(str, sorted(runs[arm])))})" for arm, title in ARMS.items())]
    sample = files[0][1]
    commits = sorted({run["commit"] for _, run in files})
    return [
        "## Pretrained encoders beside ones that learn along",
        f"`python -m experiments.encoder_gain --images=GroceryStoreDataset`: Complete Journey, "
        f"{sample['households']:.0%} of the households, one pass. Mean and standard deviation over seeds (in "
        f"brackets); difference of the same seeds ({', '.join(map(str, seeds))}) with Student's 95% interval. "
        "Conversion on the validation weeks, alignment on the photos of the test split. "
        f"Configuration and pairs are those of commit {', '.join(commits)}.",
        "",
        *table([*titles, "difference"], [_row(title, read, runs, seeds) for title, read in _measures(sample).items()]),
    ]


def _measures(sample: Run) -> dict[str, Callable[[Run], float]]:
    """How each row's number is read from a run."""
    found: dict[str, Callable[[Run], float]] = {}
    for name, title in CONVERSION.items():
        found[f"{title} ({_cvr(sample, name)['samples']} samples)"] = _auc(name)
    for donors, title in DONORS.items():
        for task in ("ita", "tia"):
            pairs = sample["test_alignment"][donors][task]["pairs"]
            found[f"{task.upper()} accuracy, {title} ({pairs} pairs)"] = _alignment(donors, task, "accuracy")
        for control, seen in CONTROLS.items():
            found[f"ITA accuracy, {title}, {seen}"] = _alignment(donors, "ita", control)
    found["samples/s in training"] = lambda run: float(run["samples_per_second"])
    return found


def _cvr(run: Run, name: str) -> Run:
    cvr: Run = run["validation"]["cvr"]
    part: Run = cvr["slices"][name] if name else cvr
    return part


def _auc(name: str) -> Callable[[Run], float]:
    return lambda run: float(_cvr(run, name)["auc"])


def _alignment(donors: str, task: str, key: str) -> Callable[[Run], float]:
    return lambda run: float(run["test_alignment"][donors][task][key])


def _row(title: str, read: Callable[[Run], float], runs: dict[str, dict[int, Run]], seeds: list[int]) -> list[str]:
    places = 0 if title.startswith("samples") else 4
    cells = []
    for of_arm in runs.values():
        mean, deviation = mean_and_deviation([read(run) for run in of_arm.values()])
        cells.append(f"{mean:.{places}f} ± {deviation:.{places}f}")
    differences = [read(runs["offline"][seed]) - read(runs["scratch"][seed]) for seed in seeds]
    mean, _ = mean_and_deviation(differences)
    return [title, *cells, f"{mean:+.{places}f} ± {interval_half_width(differences):.{places}f}"]

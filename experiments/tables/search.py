"""Every run of the search, the best of each model marked."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.comparison.arms import TITLES
from experiments.search import SPACES
from experiments.tables.cells import Files, score, table
from experiments.tables.runs import Run, alignment_accuracy, auc, by_arm

TASKS = ("ita", "tia")


def lines(files: Files) -> list[str]:
    """One row a run, by model and seed; where there are several seeds, rows name theirs."""
    arms = by_arm(files)
    seeds = sorted({seed for runs in arms.values() for seed in runs})
    rows = []
    for model in SPACES:
        for seed in seeds:
            title = TITLES[model] if len(seeds) == 1 else f"{TITLES[model]}, seed {seed}"
            rows += _rows(title, model, {arm: runs[seed] for arm, runs in arms.items() if seed in runs})
    return [
        "## Search",
        "`python -m experiments.search --images=GroceryStoreDataset`: six runs a model on 30% of the households, one "
        "seed that no published run has, judged on the validation weeks (FashionBERT by the mean AUC of ITA and TIA on "
        "the photos of the validation split). The best is marked once all six are there. FashionBERT's three blocks "
        "were the best of 1, 2 and 3 before, with 300 steps of warm-up.",
        "",
        *table(["model", "setting", "AUC", "new to household", "ITA", "TIA", "samples/s"], rows),
    ]


def _rows(title: str, model: str, runs: Mapping[str, Run]) -> list[list[str]]:
    """The rows of a model's runs of one seed, given by arm."""
    points = SPACES[model]
    found = {n: runs[f"{model}-{n}"] for n in range(1, len(points) + 1) if f"{model}-{n}" in runs}
    scores = {n: judged_score(run) for n, run in found.items()}
    best = max(scores, key=lambda n: scores[n], default=0)
    rows = []
    for n, run in found.items():
        point = ", ".join(f"{key.rpartition('.')[2]}={value}" for key, value in points[n - 1].items())
        cells = [
            score(scores[n]),
            score(auc("validation", "new_to_user")(run)),
            *(score(alignment_accuracy(task)(run)) for task in TASKS),
            f"{run['samples_per_second']:.0f}",
        ]
        chosen = " (best)" if n == best and len(found) == len(points) else ""
        rows.append([f"{title}{chosen}", point, *cells])
    return rows


def judged_score(run: Run) -> float:
    """What the search goes by."""
    conversion = auc("validation")(run)
    if conversion is not None:
        return conversion
    tasks = run["validation"]["alignment"]["all"]
    return float(sum(tasks[task]["auc"] for task in TASKS) / len(TASKS))

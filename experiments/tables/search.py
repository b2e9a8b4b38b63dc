"""Every run of the search, the best of each model marked."""

from __future__ import annotations

from experiments.comparison.arms import TITLES
from experiments.search import SPACES
from experiments.tables.cells import Files, score, table
from experiments.tables.runs import auc


def lines(files: Files) -> list[str]:
    """One row a run, by model."""
    runs = {run["arm"]: run for _, run in files}
    rows = []
    for model, points in SPACES.items():
        found = {n: runs[f"{model}-{n}"] for n in range(1, len(points) + 1) if f"{model}-{n}" in runs}
        scores = {n: auc("validation")(run) or 0.0 for n, run in found.items()}
        best = max(scores, key=lambda n: scores[n], default=0)
        for n, run in found.items():
            point = ", ".join(f"{key.rpartition('.')[2]}={value}" for key, value in points[n - 1].items())
            new = auc("validation", "new_to_user")(run)
            cells = [score(scores[n]), score(new), f"{run['samples_per_second']:.0f}"]
            rows.append([f"{TITLES[model]}{' (chosen)' if n == best else ''}", point, *cells])
    return [
        "## Search",
        "`python -m experiments.search --images=GroceryStoreDataset`: six runs a model on 30% of the households, one "
        "seed that no published run has, judged on the validation weeks.",
        "",
        *table(["model", "setting", "AUC", "new to household", "samples/s"], rows),
    ]

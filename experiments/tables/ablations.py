"""What CameNN's parts are worth."""

from __future__ import annotations

from experiments.ablations import ARMS, BASE
from experiments.tables.cells import Files, table
from experiments.tables.runs import Run, auc, by_arm, difference, difference_cells, seeds_of, spread

PARTS = {"all": "AUC", "new_to_user": "new to household"}


def lines(files: Files) -> list[str]:
    """One row a change, with its difference to the unchanged model."""
    arms = by_arm(files)
    here = [arm for arm in ARMS if arm in arms]
    comparable = [arm for arm in here if arm != BASE and ARMS[arm][2] != "small_exact"]
    differences = {
        part: difference_cells({arm: difference(arms[BASE], arms[arm], "validation", part) for arm in comparable})
        if BASE in arms
        else {}
        for part in PARTS
    }
    rows = []
    for arm in here:
        runs, (title, row, _, _) = arms[arm].values(), ARMS[arm]
        cells = [spread(runs, auc("validation", part)) for part in PARTS]
        cells += [differences[part].get(arm, "-") for part in PARTS]
        cells += [spread(runs, _accuracy(task)) for task in ("ita", "tia")]
        rows.append([f"{title} ({seeds_of(arms[arm])})", row or "-", *cells])
    titles = ["CameNN with", "FIDELITY", *PARTS.values(), *(f"base less this, {part}" for part in PARTS.values())]
    return [
        "## Ablations",
        "`python -m experiments.ablations --images=GroceryStoreDataset`: 30% of the households, validation weeks and "
        "validation photos. Differences as in Table 1. Content is worth what the base is above the shuffled row.",
        "",
        *table([*titles, "ITA", "TIA"], rows),
    ]


def _accuracy(task: str):  # type: ignore[no-untyped-def]
    def read(run: Run) -> float | None:
        return run["validation"].get("alignment", {}).get("all", {}).get(task, {}).get("accuracy")

    return read

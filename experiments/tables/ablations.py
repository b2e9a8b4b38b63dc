"""What CameNN's parts are worth."""

from __future__ import annotations

from experiments.ablations import ARMS, BASE
from experiments.tables.cells import Files, table
from experiments.tables.runs import (
    Arms,
    alignment_accuracy,
    auc,
    by_arm,
    difference,
    difference_cells,
    seeds_of,
    spread,
)

CONTROL, CONTENT_TARGET = "shuffled", 0.006
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
        cells += [spread(runs, alignment_accuracy(task)) for task in ("ita", "tia")]
        rows.append([f"{title} ({seeds_of(arms[arm])})", row or "-", *cells])
    titles = ["CameNN with", "FIDELITY", *PARTS.values(), *(f"base less this, {part}" for part in PARTS.values())]
    return [
        "## Ablations",
        "`python -m experiments.ablations --images=GroceryStoreDataset`: 30% of the households, validation weeks and "
        "validation photos. Differences as in Table 1: over households alone where there is one "
        "seed. Content is worth what the base is above the shuffled row. Fewer products (last row, if it is there) "
        "have other samples, so no difference is taken.",
        "",
        *table([*titles, "ITA", "TIA"], rows),
        *_target(arms),
    ]


def _target(arms: Arms) -> list[str]:
    """Whether texts and images are worth what they should be to products that are new to the household."""
    if BASE not in arms or CONTROL not in arms:
        return []
    found = difference(arms[BASE], arms[CONTROL], "validation", "new_to_user")
    if found is None:
        return []
    verdict = "met" if found.mean >= CONTENT_TARGET and found.low > 0 else "missed"
    return [
        "",
        f"Real content less shuffled content on products new to the household: {found.mean:+.4f} [{found.low:+.4f}, "
        f"{found.high:+.4f}]; the target of {CONTENT_TARGET:+.3f} with an interval above zero is {verdict}.",
    ]

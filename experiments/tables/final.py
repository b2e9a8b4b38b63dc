"""Tables 1, 2 and 4, from the final runs on all households."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.comparison.arms import BASELINES, BOOSTING, CONTENT, FRAMES, PAPER_ALIGNMENT, PAPER_AUC, TITLES
from experiments.tables.ab import gain_table
from experiments.tables.cells import Files, table
from experiments.tables.inside import DONORS, inside
from experiments.tables.runs import Arms, Run, auc, by_arm, difference, difference_cells, seeds_of, spread

SLICES = {
    "all": "AUC",
    "new_to_user": "new to household",
    "item_rare": "rare products",
    "item_unseen": "unseen products",
}
ALIGNMENT_TARGET = {"all": 0.965, "same_coarse_class": 0.865}
SHARED = (
    "Mean ± standard deviation over seeds (in brackets). The difference is CameNN less the row, over the seeds that "
    "both have, with a 95% interval over households (bootstrap) and seeds (Student's t) together, over households "
    "alone where there is one seed; * = Holm-corrected p below .05 among the rows of the column. Without a star "
    "nothing is claimed."
)


def lines(files: Files) -> list[str]:
    """The three tables, each if there are runs for it."""
    arms = by_arm(files)
    found = _conversion("Table 1: conversion", "table1_cvr", (*BASELINES, *CONTENT, *BOOSTING), arms)
    found += _alignment(arms) + _replay(arms)
    return [*found, *_conversion("Table 4: frames", "table4_frames", FRAMES, arms), *inside(arms)][:-1]


def _replay(arms: Arms) -> list[str]:
    if not any("test" in run.get("ranking", {}) for run in arms.get("fm", {}).values()):
        return []
    return [
        "## Table 3: replay on Complete Journey",
        "From the runs of Table 1: of each logged basket of the test weeks the item that a model ranks first, and "
        "whether it was bought. A replay of the log, not a test of what customers would have done: it knows what was "
        "bought, and takes everything else for not bought. Intervals over households and over the seeds that "
        "both rankings have, as in Table 1; * = the interval leaves 0 out.",
        "",
        *gain_table(arms, (*BASELINES, *CONTENT, *BOOSTING, "camenn")),
        "",
    ]


def _conversion(title: str, command: str, others: Sequence[str], arms: Arms) -> list[str]:
    rows = [arm for arm in (*others, "camenn") if arm in arms]
    if not set(rows) - {"camenn"}:
        return []
    found = [f"## {title}", f"`python -m experiments.{command} --images=GroceryStoreDataset`. {SHARED}", ""]
    for split, when in (("validation", "validation, weeks 35-40"), ("test", "test, weeks 41-53")):
        here = [arm for arm in rows if any(split in run for run in arms[arm].values())]
        titles = [when, "paper", *SLICES.values(), "GAUC", "log loss"]
        found += [*table(titles, [_scores(arm, arms[arm], split) for arm in here]), ""]
        compared = [arm for arm in here if arm != "camenn"]
        if "camenn" in here and compared:
            found += [*_differences(when, compared, arms, split), ""]
    costs = [_cost(arm, arms[arm]) for arm in rows]
    found += table(["cost", "parameters", "samples/s in training", "seconds a run"], costs)
    return [*found, "", "Runs were beside other work or not, and of several commits; BUDGET.md measures all alike.", ""]


def _scores(arm: str, runs: dict[int, Run], split: str) -> list[str]:
    paper = "{:.4f} ± {:.5f}".format(*PAPER_AUC[arm]) if arm in PAPER_AUC else "-"
    cells = [spread(runs.values(), auc(split, part)) for part in SLICES]
    others = [
        spread(runs.values(), lambda run, key=key: run.get(split, {}).get("cvr", {}).get(key))  # type: ignore[misc]
        for key in ("gauc", "log_loss")
    ]
    return [f"{TITLES[arm]} ({seeds_of(runs)})", paper, *cells, *others]


def _differences(when: str, others: Sequence[str], arms: Arms, split: str) -> list[str]:
    columns = {
        part: difference_cells({arm: difference(arms["camenn"], arms[arm], split, part) for arm in others})
        for part in ("all", "new_to_user", "item_rare")
    }
    rows = [[TITLES[arm], *(cells[arm] for cells in columns.values())] for arm in others]
    return table([f"CameNN less, {when}", *(SLICES[part] for part in columns)], rows)


def _cost(arm: str, runs: dict[int, Run]) -> list[str]:
    parts = list(runs.values())
    return [
        TITLES[arm],
        spread(parts[:1], lambda run: run.get("parameters"), 0),
        spread(parts, lambda run: run.get("samples_per_second"), 0),
        spread(parts, lambda run: run["wall_seconds"], 0),
    ]


def _alignment(arms: Arms) -> list[str]:
    rows = [
        _alignment_row(arm, arms[arm], donors, task)
        for arm in ("fashionbert", "camenn")
        if arm in arms
        for donors in DONORS
        for task in ("tia", "ita")
    ]
    if not rows:
        return []
    return [
        "## Table 2: alignment",
        "`python -m experiments.table2_alignment --images=GroceryStoreDataset`: text and image of one item or of two, "
        "judged on items alone with the photos of the test split, which no training saw. The threshold is .5, then the "
        "one that is best on the photos of the validation split. Controls see one side only and must stay at one half. "
        "FashionBERT's runs are of a second configuration: its first search had not been offered image dropout.",
        "",
        *table(["", "pairs", "paper", "accuracy", "fitted threshold", "AUC", "text only", "image only"], rows),
        "",
        *(line for arm in ("fashionbert", "camenn") if arm in arms for line in _alignment_target(arm, arms[arm])),
    ]


def _alignment_target(arm: str, runs: dict[int, Run]) -> list[str]:
    """How many runs are right often enough with both kinds of donors at once, in the worse of their two tasks."""
    parts = []
    for key, threshold in (("accuracy", "at .5"), ("fitted_accuracy", "at the fitted threshold")):
        worse = {
            donors: [min(part[key] for part in run["test"]["alignment"][donors].values()) for run in runs.values()]
            for donors in DONORS
        }
        met = sum(
            all(worse[donors][run] >= least for donors, least in ALIGNMENT_TARGET.items()) for run in range(len(runs))
        )
        means = " and ".join(f"{np.mean(worse[donors]):.4f}" for donors in DONORS)
        parts.append(f"{means} {threshold} (both met by {met} of {len(runs)})")
    least = " and ".join(f"{value:.3f} with {DONORS[donors]}" for donors, value in ALIGNMENT_TARGET.items())
    return [f"Target for one model, {least}. {TITLES[arm]}, worse task, mean over seeds: {'; '.join(parts)}.", ""]


def _alignment_row(arm: str, runs: dict[int, Run], donors: str, task: str) -> list[str]:
    def read(key: str) -> str:
        return spread(runs.values(), lambda run: run["test"]["alignment"][donors][task].get(key))

    first = next(iter(runs.values()))["test"]["alignment"][donors][task]
    paper = f"{PAPER_ALIGNMENT[arm][task]:.4f}" if donors == "all" else "-"
    keys = ("accuracy", "fitted_accuracy", "auc", "text_only", "image_only")
    title = f"{TITLES[arm]} ({seeds_of(runs)}), {task.upper()}, {DONORS[donors]}"
    return [title, str(first["pairs"]), paper, *map(read, keys)]

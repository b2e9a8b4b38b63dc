"""What dirty data cost, and how well they are found."""

from __future__ import annotations

from collections.abc import Callable

from experiments.comparison.arms import TITLES
from experiments.comparison.data import DIRTY_RATES
from experiments.comparison.detection import FAULTS
from experiments.comparison.paired_difference import PairedDifference
from experiments.dirty_curves import MODELS, arm_name
from experiments.tables.cells import Files, table
from experiments.tables.runs import Arms, Run, auc, by_arm, difference, difference_cells, seeds_of, spread

FIGURE, OURS = "dirty_curves.png", "camenn"
FAULT_TITLES = [fault.replace("_image", "_picture").replace("_", " ") + "s" for fault in FAULTS]
MEASURES = {
    "spoilt": "spoilt",
    "auc": "AUC",
    "precision": "precision",
    "recall": "recall",
    "precision_at_count": "precision among as many",
}


def lines(files: Files) -> list[str]:
    """Test AUC by dirty rate, then how CameNN's alignment scores find the dirty items."""
    arms = by_arm(files)
    rates = [rate for rate in DIRTY_RATES if any(arm.endswith(arm_name("", rate)) for arm in arms)]
    models = [model for model in MODELS if any(arm_name(model, r) in arms for r in rates)]
    found = [
        "## Dirty data",
        "`python -m experiments.dirty_curves`: the embedded store at several shares of dirty items. Test AUC of "
        "conversion, mean ± standard deviation over seeds (in brackets):",
        "",
        "![Test AUC of every model, and precision and recall of CameNN on dirty items, by the share of dirty items]"
        f"({FIGURE})",
        "",
        *table(["dirty items", *(f"{rate:.0%}" for rate in rates)], [_aucs(model, rates, arms) for model in models]),
        *_differences(models, rates, arms),
    ]
    detected = [rate for rate in rates if _runs(OURS, rate, arms) and rate]
    if not detected:
        return found
    titles = ["dirty items", "group", *MEASURES.values(), *(f"found: {title}" for title in FAULT_TITLES)]
    rows = [row for rate in detected for row in _detection(rate, arms)]
    return [
        *found,
        "",
        "Finding spoilt titles and pictures by the mean of ITA and TIA of an item's own pair: precision and recall at "
        ".5, precision among as many of the lowest scores as there are spoilt items, and the share of each fault below "
        ".5. Wrong shelves are seen in neither text nor picture.",
        "",
        *table(titles, rows),
    ]


def _runs(model: str, rate: float, arms: Arms) -> list[Run]:
    return list(arms.get(arm_name(model, rate), {}).values())


def _aucs(model: str, rates: list[float], arms: Arms) -> list[str]:
    """A row; where a rate lacks some of the row's seeds, its cell names those that it has."""
    seeds = {rate: seeds_of(arms.get(arm_name(model, rate), {})) for rate in rates}
    most = max(seeds.values(), key=len)
    cells = [spread(_runs(model, rate, arms), auc("test")) for rate in rates]
    named = [
        f"{cell} ({seeds[r]})" if seeds[r] not in ("", most) else cell for r, cell in zip(rates, cells, strict=True)
    ]
    return [f"{TITLES[model]} ({most})", *named]


def _differences(models: list[str], rates: list[float], arms: Arms) -> list[str]:
    """CameNN's test AUC less each other model's, at every rate."""
    others = [model for model in models if model != OURS]
    if OURS not in models or not others:
        return []
    columns = [difference_cells({model: _lead(model, rate, arms) for model in others}) for rate in rates]
    return [
        "",
        "CameNN less each of them, over the seeds that both have, with a 95% interval over users (bootstrap) and seeds "
        "(Student's t) together, over users alone where there is one seed; * = Holm-corrected p below .05 among the "
        "rows of the column. CameNN's configuration was chosen as in Table 3's test:",
        "",
        *table(
            ["dirty items", *(f"{rate:.0%}" for rate in rates)],
            [[TITLES[model], *(cells[model] for cells in columns)] for model in others],
        ),
    ]


def _lead(model: str, rate: float, arms: Arms) -> PairedDifference | None:
    ours, others = (arms.get(arm_name(name, rate), {}) for name in (OURS, model))
    return difference(ours, others, "test", "all")


def _detection(rate: float, arms: Arms) -> list[list[str]]:
    runs = _runs(OURS, rate, arms)
    rows = []
    for group in runs[0]["detection"]:
        cells = [spread(runs, _read(group, name), 0 if name == "spoilt" else 4) for name in MEASURES]
        cells += [spread(runs, _found(group, fault)) for fault in FAULTS]
        rows.append([f"{rate:.0%}", group, *cells])
    return rows


def _read(group: str, name: str) -> Callable[[Run], float | None]:
    return lambda run: run["detection"][group][name]


def _found(group: str, fault: str) -> Callable[[Run], float | None]:
    return lambda run: run["detection"][group]["found"][fault]

"""The dirty-data curves as a picture: what dirt costs each model, and how well CameNN finds it."""

from __future__ import annotations

from typing import Any

from experiments.comparison.arms import TITLES
from experiments.comparison.data import DIRTY_RATES
from experiments.dirty_curves import MODELS, arm_name
from experiments.statistics import mean_and_deviation
from experiments.tables.cells import Files
from experiments.tables.runs import Arms, auc, by_arm

FOUND = {"precision": "precision at .5", "recall": "recall at .5", "auc": "AUC"}
Points = dict[float, tuple[float, float]]  # dirty rate -> mean, standard deviation (0 of one run)


def curve(arms: Arms, model: str) -> Points:
    """Test AUC of a model by dirty rate, of the rates that have runs."""
    read = auc("test")
    return _points({rate: [read(run) for run in arms.get(arm_name(model, rate), {}).values()] for rate in DIRTY_RATES})


def detection_curve(arms: Arms, measure: str) -> Points:
    """How CameNN's alignment scores find dirty items, over all items, by dirty rate above 0."""
    runs = {rate: arms.get(arm_name("camenn", rate), {}).values() for rate in DIRTY_RATES if rate}
    return _points({rate: [run["detection"]["all"][measure] for run in found] for rate, found in runs.items()})


def _points(values: dict[float, list[float | None]]) -> Points:
    known = {rate: [value for value in found if value is not None] for rate, found in values.items()}
    spread = {rate: mean_and_deviation(found) for rate, found in known.items() if found}
    return {rate: (mean, deviation if len(known[rate]) > 1 else 0.0) for rate, (mean, deviation) in spread.items()}


def draw(files: Files, path: str) -> None:
    """Writes the picture; nothing without runs."""
    if not files:
        return
    from matplotlib.figure import Figure  # RESULTS.md itself is written without it

    arms = by_arm(files)
    figure = Figure(figsize=(11, 5), layout="constrained")
    costs, found = figure.subplots(1, 2)
    for number, model in enumerate(MODELS):
        _line(costs, curve(arms, model), TITLES[model], f"C{number}", bold=model == "camenn")
    costs.set_ylabel("test AUC of conversion")
    for number, (measure, title) in enumerate(FOUND.items()):
        _line(found, detection_curve(arms, measure), title, f"C{number}")
    found.set_ylabel("spoilt texts and pictures found by CameNN")
    found.set_ylim(0, 1)
    for axes in (costs, found):
        axes.set_xlabel("dirty items, %")
        axes.set_xticks([100 * rate for rate in DIRTY_RATES])
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.14))  # off the curves
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _line(axes: Any, points: Points, title: str, colour: str, bold: bool = False) -> None:
    if not points:
        return
    rates = [100 * rate for rate in points]
    means, deviations = zip(*points.values(), strict=True)
    style = {"linewidth": 1.2, "color": colour}
    if bold:  # in dashes, as another curve may lie beneath
        style = {"linewidth": 2.5, "linestyle": "--", "color": "black", "zorder": 3}
    axes.errorbar(rates, means, yerr=deviations, marker="o", markersize=4, capsize=2, label=title, **style)

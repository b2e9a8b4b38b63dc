"""What goes on in CameNN's first final run: gates, learning curve, errors of alignment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.tables.cells import table
from experiments.tables.run import curve
from experiments.tables.runs import Arms, Run

DONORS = {"all": "random donors", "same_coarse_class": "donors of the same coarse class"}
NAMED = 4  # classes, or pairs of them, in a cell


def inside(arms: Arms) -> list[str]:
    """The section, if there is such a run."""
    run = next(iter(arms.get("camenn", {}).values()), None)
    if run is None or "gates" not in run:
        return []
    rows = [
        [task.upper(), kind, *(f"{value:.3f}" for value in part[key])]
        for task, part in run["gates"].items()
        for key, kind in (("use", "chosen"), ("mean", "mean weight"))
    ]
    experts = len(rows[0]) - 2
    return [
        f"## CameNN inside, seed {run['seed']}",
        "Which experts the gates choose on validation samples and pairs, the learning curve, and which pairs ITA and "
        "TIA get wrong on the photos of the validation split at a threshold of .5.",
        "",
        *table(["gate", "", *(f"expert {number + 1}" for number in range(experts))], rows),
        *curve(run["evaluations"]),
        "",
        *_errors(run),
    ]


def _errors(run: Run) -> list[str]:
    found = run.get("alignment_errors")
    if not found:
        return []
    titles = ["", "genuine pairs refused", "most often", "wrong pairs accepted", "most often (text with image)"]
    rows = [
        [
            f"{task.upper()}, {DONORS[donors]}",
            f"{part['refused']} of {part['genuine']}",
            _named((name, count, of) for name, count, of in part["refused_classes"]),
            f"{part['accepted']} of {part['wrong']}",
            _named((f"{text} with {image}", count, of) for text, image, count, of in part["accepted_classes"]),
        ]
        for donors, tasks in found.items()
        for task, part in sorted(tasks.items())
    ]
    return [*table(titles, rows), ""]


def _named(entries: Any) -> str:
    shown: Sequence[tuple[str, int, int]] = list(entries)[:NAMED]
    return "; ".join(f"{name} ({count} of {of})" for name, count, of in shown) or "-"

"""What encoding a catalogue costs: what `experiments.encode_cost` measures on one core, times the items."""

from __future__ import annotations

import math
from typing import Any

from experiments.tables.cells import Files, table

PAIRS = {"paper": "BERT-base, InceptionV4", "offline": "MiniLM, EfficientNet-Lite0"}
CATALOGUES = (10**4, 10**6, 10**8)
CORES_A_MACHINE = 32
MACHINES = 100
GPU_FLOPS = 20e12  # sustained, not peak
BASE_PARAMETERS = {"paper": 12 * (4 * 768**2 + 2 * 768 * 3072), "offline": 6 * (4 * 384**2 + 2 * 384 * 1536)}
HOUR, DAY, YEAR = 3600.0, 86400.0, 365.25 * 86400


def lines(files: Files) -> list[str]:
    """The rates as measured, and what follows for catalogues of three sizes."""
    name, costs = files[-1]
    rates = [
        [
            PAIRS[pair],
            f"{sides['text']['per_second']:.1f}",
            f"{sides['image']['per_second']:.2f}",
            f"{_bytes(sides) / 1e3:.0f}",
        ]
        for pair, sides in costs.items()
    ]
    return [
        "## What encoding a catalogue costs",
        f"`{name}` (`python -m experiments.encode_cost`), one core; texts and pictures of their own for every item.",
        "",
        *table(["encoders", "texts/s", "pictures/s", "KB an item"], rates),
        "",
        *catalogue_lines(costs),
    ]


def catalogue_lines(costs: dict[str, Any]) -> list[str]:
    """The table that README shows, too: disk, time of one core, of 100 machines of 32 cores, and of one GPU."""
    titles = ["encoders", "items", "features", "one core", f"{MACHINES} machines of {CORES_A_MACHINE} cores"]
    titles.append(f"one GPU at {GPU_FLOPS / 1e12:.0f} TFLOP/s (computed)")
    rows = []
    for pair, sides in costs.items():
        seconds = 1 / sides["text"]["per_second"] + 1 / sides["image"]["per_second"]
        for items in CATALOGUES:
            rows.append(
                [
                    PAIRS[pair],
                    f"10^{round(math.log10(items))}",
                    size_text(items * _bytes(sides)),
                    time_text(items * seconds),
                    time_text(items * seconds / (MACHINES * CORES_A_MACHINE)),
                    time_text(items * _operations(pair, sides) / GPU_FLOPS),
                ]
            )
    return table(titles, rows)


def _bytes(sides: dict[str, Any]) -> float:
    return float(sides["text"]["bytes"] + sides["image"]["bytes"])


def _operations(pair: str, sides: dict[str, Any]) -> float:
    return float(2 * BASE_PARAMETERS[pair] * sides["text"]["tokens"] + 1e9 * sides["image"]["gflops"])


def size_text(size: float) -> str:
    """Bytes with two figures."""
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if size >= unit:
            return f"{_two_figures(size / unit)} {name}"
    return f"{_two_figures(size / 1e3)} KB"


def time_text(seconds: float) -> str:
    """Seconds with two figures, in the largest unit of which there is one."""
    for unit, name in ((YEAR, "years"), (DAY, "days"), (HOUR, "hours"), (60.0, "minutes")):
        if seconds >= unit:
            return f"{_two_figures(seconds / unit)} {name}"
    return f"{_two_figures(seconds)} seconds"


def _two_figures(value: float) -> str:
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}"

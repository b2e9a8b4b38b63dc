"""Figures 4 and 5 and the numbers beside them."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from PIL import Image

from camenn_tf.training.heat_map import draw_heat_map
from experiments.ablations import BASE
from experiments.tables.cells import Files, table
from experiments.tables.runs import Arms, Run, by_arm, seeds_of, spread

TITLES = {"no_alignment": "Figure 4: without ITA and TIA", BASE: "Figure 5: with ITA and TIA"}
FILES = {"no_alignment": "figure4.png", BASE: "figure5.png"}
MEASURES = {"genuine": "own image", "other": "other images", "mean_rank": "mean rank", "found_first": "found first"}


def lines(files: Files) -> list[str]:
    """A row an arm, and the pictures of its first seed; nothing without a run that has similarities."""
    arms = _arms(files)
    if not arms:
        return []
    items = next(iter(next(iter(arms.values())).values()))["similarity"]["items"]
    rows = [
        [f"{TITLES[arm]} ({seeds_of(runs)})", *(spread(runs.values(), _read(name)) for name in MEASURES)]
        for arm, runs in arms.items()
    ]
    return [
        "",
        "## Figures 4 and 5: similarity of text and image",
        "`python -m experiments.figures_similarity --images=GroceryStoreDataset`: cosine of mean text and mean patch "
        f"states at the shared bottom, encoded apart, of {items} photos of the validation split and the names of their "
        "classes. Rank: where a text's own image stands among all by cosine.",
        "",
        *table(["", *MEASURES.values()], rows),
        "",
        *(f"![{TITLES[arm]}]({FILES[arm]})" for arm in arms),
    ]


def draw(files: Files, directory: str) -> None:
    """Writes the figures of each arm's first seed as PNG."""
    for arm, runs in _arms(files).items():
        shown = next(iter(runs.values()))["similarity"]
        picture = draw_heat_map(np.array(shown["matrix"]), shown["texts"], shown["texts"])
        Image.fromarray(picture).save(os.path.join(directory, FILES[arm]), optimize=True)


def _arms(files: Files) -> Arms:
    arms = by_arm([(path, run) for path, run in files if "similarity" in run])
    return {arm: arms[arm] for arm in TITLES if arm in arms}


def _read(name: str) -> Callable[[Run], float]:
    return lambda run: float(run["similarity"][name])

"""Figures 4 and 5 and the numbers beside them."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from PIL import Image

from camenn_tf.training.heat_map import draw_heat_map
from experiments.tables.cells import Files, table
from experiments.tables.runs import Run, by_arm, seeds_of, spread

TITLES = {"without": "Figure 4: without ITA and TIA", "with": "Figure 5: with ITA and TIA"}
FILES = {"without": "figure4.png", "with": "figure5.png"}
MEASURES = {"genuine": "own image", "other": "other images", "mean_rank": "mean rank", "found_first": "found first"}


def lines(files: Files) -> list[str]:
    """A row an arm, and the pictures of its first seed."""
    arms = dict(sorted(by_arm(files).items(), key=lambda pair: list(TITLES).index(pair[0])))
    items = files[0][1]["similarity"]["items"]
    rows = [
        [f"{TITLES[arm]} ({seeds_of(runs)})", *(spread(runs.values(), _read(name)) for name in MEASURES)]
        for arm, runs in arms.items()
    ]
    return [
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
    for arm, runs in by_arm(files).items():
        shown = next(iter(runs.values()))["similarity"]
        picture = draw_heat_map(np.array(shown["matrix"]), shown["texts"], shown["texts"])
        Image.fromarray(picture).save(os.path.join(directory, FILES[arm]), optimize=True)


def _read(name: str) -> Callable[[Run], float]:
    return lambda run: float(run["similarity"][name])

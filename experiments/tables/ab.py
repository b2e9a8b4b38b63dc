"""Table 3: what rankings sell, in the simulated A/B test and replayed on logged baskets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.comparison.arms import PAPER_GAIN, TITLES
from experiments.comparison.gain import Gain, ranking_gain
from experiments.table3_ab import MODELS
from experiments.tables.cells import Files, table
from experiments.tables.runs import Arms, Run, by_arm, paired, seeds_of, spread

CONTROL, OURS = "fm", "camenn"


def lines(files: Files) -> list[str]:
    """The simulated test."""
    arms = by_arm(files)
    ranking = files[0][1]["ranking"]["test"]
    return [
        "## Table 3: a simulated A/B test",
        "`python -m experiments.table3_ab`: the embedded store, seven days to train, the eighth to test, FM's ranking "
        f"as control. In each of {ranking['sessions']} visits a model shows the {ranking['shown']} items of 30 that it "
        "scores best, and the world says what is bought of them (shown at random, "
        f"{ranking['random']:.4f} would be). Gain: conversion of what is shown over the control's, less 1, with a 95% "
        "interval over users (bootstrap) and seeds (Student's t) together, over users alone where there is one seed; "
        "CameNN's gain over each row in the same way; * = the interval leaves 0 out. All models have the sizes of the "
        "store's configuration. CameNN's perceptron, decay and warm-up were chosen on validation days of such a store, "
        "after test days had shown DIN with texts and pictures ahead of it, so its runs are of a second configuration; "
        "nothing of the baselines was chosen there. Baselines read texts and pictures only where their row says so.",
        "",
        *gain_table(arms, MODELS),
    ]


def gain_table(arms: Arms, rows: Sequence[str], split: str = "test") -> list[str]:
    """Conversion of what is shown, the gain over the control, and CameNN's gain over the row."""
    here = [arm for arm in rows if arm in arms and any(split in run.get("ranking", {}) for run in arms[arm].values())]
    cells = []
    for arm in here:
        runs = arms[arm]
        gain = "-" if arm == CONTROL else _gain_cell(_gain(runs, arms.get(CONTROL, {}), split))
        lead = "-" if arm == OURS else _gain_cell(_gain(arms.get(OURS, {}), runs, split))
        paper = f"{PAPER_GAIN[arm][0]:+.2%} ± {PAPER_GAIN[arm][1]:.3%}" if arm in PAPER_GAIN else "-"
        conversion = spread(runs.values(), lambda run: run["ranking"][split]["conversion"])
        cells.append([f"{TITLES[arm]} ({seeds_of(runs)})", paper, conversion, gain, lead])
    return table(["ranking", "paper's gain", "conversion", "gain over FM", "CameNN's gain over it"], cells)


def _gain(runs: Mapping[int, Run], control: Mapping[int, Run], split: str) -> Gain | None:
    pairs = paired(runs, control, split)
    if not pairs:
        return None
    return ranking_gain(*([run["ranking"][split] for run in side] for side in zip(*pairs, strict=True)))


def _gain_cell(gain: Gain | None) -> str:
    if gain is None:
        return "-"
    star = " *" if gain.low > 0 or gain.high < 0 else ""
    return f"{gain.mean:+.2%} [{gain.low:+.2%}, {gain.high:+.2%}]{star}"

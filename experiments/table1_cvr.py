"""Table 1: conversion, CameNN beside eight baselines and gradient boosting, on Complete Journey.

    python -m experiments.table1_cvr --images=GroceryStoreDataset

Settings are those of `experiments/configs/comparison.py`, chosen on validation weeks. Each run scores the test weeks
once, and experiments/results/test_uses.jsonl says when. `--arm=din --seed=1` runs a part; the runs of CameNN serve
Tables 2 and 4, too.
"""

from __future__ import annotations

from experiments.comparison.arms import BASELINES, CONTENT
from experiments.comparison.boosting import KNOWN, run_boosting
from experiments.comparison.command import run_study
from experiments.comparison.final_runs import final_trials
from experiments.comparison.inside import inside

if __name__ == "__main__":
    run_study(lambda: final_trials(*BASELINES, *CONTENT, "camenn"), inside, run_boosting, tuple(KNOWN))

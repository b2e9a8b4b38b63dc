"""Table 4: CameNN's transformers beside the MMoE and the MoSE frame with as many weights, on Complete Journey.

    python -m experiments.table4_frames --images=GroceryStoreDataset

CameNN's runs are those of Table 1.
"""

from __future__ import annotations

from experiments.comparison.arms import FRAMES
from experiments.comparison.command import run_study
from experiments.comparison.final_runs import final_trials
from experiments.comparison.inside import inside

if __name__ == "__main__":
    run_study(lambda: final_trials(*FRAMES, "camenn"), inside)

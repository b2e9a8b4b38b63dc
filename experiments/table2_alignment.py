"""Table 2: does the text fit the image? CameNN beside FashionBERT, on photos that training never saw.

    python -m experiments.table2_alignment --images=GroceryStoreDataset

CameNN's runs are those of Table 1.
"""

from __future__ import annotations

from experiments.comparison.command import run_study
from experiments.comparison.final_runs import final_trials
from experiments.comparison.inside import inside

if __name__ == "__main__":
    run_study(lambda: final_trials("fashionbert", "camenn"), inside)

"""Table 2: does the text fit the image? CameNN beside FashionBERT, on photos that training never saw.

    python -m experiments.table2_alignment --images=GroceryStoreDataset

CameNN's runs are those of Table 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from camenn_tf.flags import run_main
from experiments.comparison.final_runs import final_trials
from experiments.comparison.run_trials import run_trials


def main(_: Sequence[str]) -> None:
    """Runs what is missing."""
    run_trials(final_trials("fashionbert", "camenn"))


if __name__ == "__main__":
    run_main(main)

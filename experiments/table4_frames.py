"""Table 4: CameNN's transformers beside the MMoE and the MoSE frame with as many weights, on Complete Journey.

    python -m experiments.table4_frames --images=GroceryStoreDataset

CameNN's runs are those of Table 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from camenn_tf.flags import run_main
from experiments.comparison.arms import FRAMES
from experiments.comparison.final_runs import final_trials
from experiments.comparison.run_trials import run_trials


def main(_: Sequence[str]) -> None:
    """Runs what is missing."""
    run_trials(final_trials(*FRAMES, "camenn"))


if __name__ == "__main__":
    run_main(main)

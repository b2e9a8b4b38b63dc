"""Figures 4 and 5: similarity of text and image of eight items, without and with the alignment tasks.

    python -m experiments.figures_similarity --images=GroceryStoreDataset

CameNN trained from the same seed without and with ITA and TIA: two rows of the ablations, which serve both. Text and
image are encoded in separate rows (together, attention would mix them); a cell is the cosine of the mean text state and
the mean patch state at the shared bottom. Beside the eight items the numbers for all photos of the validation split:
the mean of genuine pairs, of all others, and how far in front an image stands among all when the texts search for
theirs.
"""

from __future__ import annotations

from experiments.ablations import ARMS_WITH_SIMILARITY, similarity_of, trials
from experiments.comparison.command import run_study

if __name__ == "__main__":
    run_study(lambda: [trial for trial in trials() if trial.arm in ARMS_WITH_SIMILARITY], similarity_of)

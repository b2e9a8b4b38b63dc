"""AUC on resampled households of a run's predictions, in a form that JSON keeps on one line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from experiments.comparison.household_bootstrap import REPLICATES, household_counts, replicate_aucs

SCALE = 100_000  # AUC in whole steps of 1e-5
SLICES = ("new_to_user", "item_rare", "item_unseen", "item_dirty")
Floats = npt.NDArray[np.float64]


def replicates_of(predictions: str, replicates: int = REPLICATES) -> dict[str, str]:
    """By slice, `all` first, the AUC on each resample, from a predictions file of `camenn_tf.evaluate`.

    The resamples are of all households that have a sample in the file, so any two runs on one split share them.
    """
    table = pq.read_table(predictions)
    names, household = np.unique(np.asarray(table["user"].to_pylist(), dtype=str), return_inverse=True)
    counts = household_counts(names.tolist(), replicates)
    label, score = table["label"].to_numpy(), table["cvr"].to_numpy()
    masks = {"all": np.ones(len(label), bool)}
    masks |= {name: table[name].to_numpy(zero_copy_only=False) for name in SLICES if name in table.column_names}
    return {
        name: pack(replicate_aucs(label[mask], score[mask], household[mask], counts))
        for name, mask in masks.items()
        if len(np.unique(label[mask])) == 2
    }


def pack(aucs: Floats) -> str:
    """Whole numbers of 1e-5 with spaces between them, - for none."""
    return " ".join("-" if np.isnan(value) else str(round(value * SCALE)) for value in aucs)


def unpack(text: str) -> Floats:
    """What `pack` was given, to 1e-5."""
    return np.array([float("nan") if part == "-" else int(part) / SCALE for part in text.split()])


def stacked(packed: Sequence[str]) -> Floats:
    """[runs, replicates]."""
    return np.stack([unpack(text) for text in packed])

"""The truth directory of a generated world, which only evaluation reads."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from camenn_tf.errors import UserError


@dataclasses.dataclass(frozen=True)
class Truth:
    """What the world knows.

    Attributes:
      dirty: [catalogue rows] bool, whether text, category or picture of the item are wrong.
      probability: [event rows] float64, the world's own purchase probability by sample number.
    """

    dirty: npt.NDArray[np.bool_]
    probability: npt.NDArray[np.float64]

    def probability_of(self, sample: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Probabilities [n] of sample numbers [n]. Raises UserError for a sample that the truth does not have."""
        if len(sample) and sample.max() >= len(self.probability):
            raise UserError(
                f"the truth has {len(self.probability)} events, but there is a sample {sample.max()}; "
                "is it the truth of these tables? (--truth)"
            )
        return self.probability[sample]


def load_truth(directory: str, item_ids: Sequence[str]) -> Truth:
    """Reads `items.parquet` (item_id, dirty) and `events.parquet` (probability; row = sample number).

    Args:
      directory: the truth directory.
      item_ids: ids of the catalogue, in row order.

    Returns:
      The truth in the order of the catalogue and of the samples.

    Raises:
      FileNotFoundError: a file is not there.
      UserError: a column is not there, or an item of the catalogue is not named.
    """
    items = _columns(os.path.join(directory, "items.parquet"), ("item_id", "dirty"))
    events = _columns(os.path.join(directory, "events.parquet"), ("probability",))
    dirty = {str(item): bool(value) for item, value in zip(items["item_id"], items["dirty"], strict=True)}
    unnamed = next((item for item in item_ids if item not in dirty), None)
    if unnamed is not None:
        raise UserError(f"{directory}/items.parquet: no row for item '{unnamed}'; is it the truth of these tables?")
    return Truth(
        dirty=np.array([dirty[item] for item in item_ids], bool),
        probability=np.asarray(events["probability"], np.float64),
    )


def _columns(path: str, names: tuple[str, ...]) -> dict[str, list[object]]:
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"{path}: not there; --truth names the directory that holds items and events of the truth"
        )
    there = pq.read_schema(path).names
    for name in names:
        if name not in there:
            raise UserError(f"{path}: no column '{name}', only {', '.join(there)}")
    columns: dict[str, list[object]] = pq.read_table(path, columns=list(names)).to_pydict()
    return columns

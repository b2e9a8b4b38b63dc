"""The truth directory of a generated world, which only evaluation reads."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from camenn_tf.errors import UserError

_LEVEL = "price_level"  # of an item, drawn by the world: no two items have the same, nor has an item in two worlds
_DOUBT = "is it the truth of these tables? (--truth)"


@dataclasses.dataclass(frozen=True)
class Truth:
    """What the world knows.

    Attributes:
      dirty: [catalogue rows] bool, whether text, category or picture of the item are wrong.
      probability: [event rows] float64, the world's own purchase probability by sample number.
      item_level, event_level: [catalogue rows] and [event rows] float64, the price level of the item, which tells items
        apart; None where the truth has none.
    """

    dirty: npt.NDArray[np.bool_]
    probability: npt.NDArray[np.float64]
    item_level: npt.NDArray[np.float64] | None = None
    event_level: npt.NDArray[np.float64] | None = None

    def probability_of(
        self, sample: npt.NDArray[np.int64], target: npt.NDArray[np.int64] | None = None
    ) -> npt.NDArray[np.float64]:
        """Probabilities of samples.

        Args:
          sample: numbers [n] of the samples.
          target: catalogue rows [n] of their items, to see that they are the truth's; None = do not look.

        Returns:
          float64 [n].

        Raises:
          UserError: the truth does not have a sample, or has another item there; ids do not tell generated stores
            apart, since all have the same.
        """
        if len(sample) and sample.max() >= len(self.probability):
            raise UserError(
                f"the truth has {len(self.probability)} events, but there is a sample {sample.max()}; {_DOUBT}"
            )
        if target is not None:
            self._refuse_other_items(sample, target)
        return self.probability[sample]

    def _refuse_other_items(self, sample: npt.NDArray[np.int64], target: npt.NDArray[np.int64]) -> None:
        if self.item_level is None or self.event_level is None:
            return
        other = self.event_level[sample] != self.item_level[target]
        if other.any():
            first = int(np.argmax(other))
            raise UserError(
                f"the truth has another item in events.parquet, row {sample[first] + 1}, than sample {sample[first]} "
                f"({int(other.sum())} of {len(sample)} samples differ); {_DOUBT}"
            )


def load_truth(directory: str, item_ids: Sequence[str]) -> Truth:
    """Reads `items.parquet` (item_id, dirty) and `events.parquet` (probability; row = sample number).

    If both files have `price_level`, it tells whether samples are of the same items.

    Args:
      directory: the truth directory.
      item_ids: ids of the catalogue, in row order.

    Returns:
      The truth in the order of the catalogue and of the samples.

    Raises:
      FileNotFoundError: a file is not there.
      UserError: a column is not there, or an item of the catalogue is not named.
    """
    items = _columns(os.path.join(directory, "items.parquet"), ("item_id", "dirty"), _LEVEL)
    events = _columns(os.path.join(directory, "events.parquet"), ("probability",), _LEVEL)
    places = {str(item): row for row, item in enumerate(items["item_id"])}
    unnamed = next((item for item in item_ids if item not in places), None)
    if unnamed is not None:
        raise UserError(f"{directory}/items.parquet: no row for item '{unnamed}'; {_DOUBT}")
    rows = np.array([places[item] for item in item_ids], np.int64)
    return Truth(
        dirty=items["dirty"].astype(bool)[rows],
        probability=events["probability"].astype(np.float64),
        item_level=items[_LEVEL][rows] if _LEVEL in items else None,
        event_level=events.get(_LEVEL),
    )


def _columns(path: str, names: tuple[str, ...], optional: str) -> dict[str, npt.NDArray[Any]]:
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"{path}: not there; --truth names the directory that holds items and events of the truth"
        )
    there = pq.read_schema(path).names
    for name in names:
        if name not in there:
            raise UserError(f"{path}: no column '{name}', only {', '.join(there)}")
    table = pq.read_table(path, columns=[*names, *({optional} & set(there))])
    return {name: table[name].to_numpy() for name in table.column_names}

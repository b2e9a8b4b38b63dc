"""Field values to embedding rows: 0 missing, 1 unseen in train, then the real values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.dataset.schema import FIRST_VALUE_ID, MISSING_ID, UNSEEN_ID, Field
from camenn_tf.dataset.single import single
from camenn_tf.dataset.statistics import Counts, Sketch


def vocabulary(counts: Counts, min_count: int) -> list[str]:
    """The values with at least `min_count` occurrences, by falling count, then by value."""
    keep = counts.counts >= min_count
    values = counts.values.filter(pa.array(keep)).to_pylist()
    order = sorted(zip(-counts.counts[keep], values, strict=True))
    return [value for _, value in order]


def quantile_boundaries(sketch: Sketch, buckets: int) -> tuple[float, ...]:
    """Cut points that divide the values into at most `buckets` groups of about equal size, each a value that occurs.

    With cut c, values below c and values of at least c are told apart; the least value is therefore no cut.
    """
    if not len(sketch.values):
        return ()
    values = np.sort(sketch.values)
    cuts = values[(np.arange(1, buckets) * len(values)) // buckets]
    return tuple(float(cut) for cut in np.unique(cuts) if cut > values[0] and np.isfinite(cut))


def weighted_sketch(values: np.ndarray, weights: np.ndarray) -> Sketch:
    """Values repeated by how many train samples have them, thinned evenly in rank if they are too many."""
    real = ~np.isnan(values) & (weights > 0)
    order = np.argsort(values[real], kind="stable")
    sums = np.cumsum(weights[real][order])
    if not len(sums):
        return Sketch(np.zeros(0, np.uint64), np.zeros(0))
    size = int(min(sums[-1], 1 << 20))
    ranks = (np.arange(size) * int(sums[-1])) // size
    picked = values[real][order][np.searchsorted(sums, ranks, side="right")]
    return Sketch(np.arange(size, dtype=np.uint64), picked)


class FieldEncoder:
    """Turns one field's column into row numbers int32 [n]."""

    def __init__(self, info: FieldInfo, values: Sequence[str] = ()) -> None:
        """Takes what was learnt of the field, and a categorical field's vocabulary."""
        self.info = info
        self._values = pa.array(values, pa.string())
        self._boundaries = single(info.boundaries or ())

    def __call__(self, column: Any) -> np.ndarray:
        """Row numbers of a text column, or of float64 numbers with NaN where missing, which count as float32."""
        if self.info.kind == "numeric":
            numbers = single(column)  # a served value must not fall on the other side of a boundary
            ids = FIRST_VALUE_ID + np.searchsorted(self._boundaries, numbers, side="right")
            return np.where(np.isnan(numbers), MISSING_ID, ids).astype(np.int32)
        coded = column.dictionary_encode()
        if self.info.kind == "hashed":
            ids = FIRST_VALUE_ID + hash_buckets(coded.dictionary.to_pylist(), self.info.size - FIRST_VALUE_ID)
        else:
            found = pc.index_in(coded.dictionary, value_set=self._values)
            ids = pc.fill_null(found, UNSEEN_ID - FIRST_VALUE_ID).to_numpy() + FIRST_VALUE_ID
        table = np.append(ids, MISSING_ID).astype(np.int32)  # the last entry serves nulls
        out: np.ndarray = table[pc.fill_null(coded.indices, -1).to_numpy()]
        return out


def hash_buckets(values: Sequence[str], buckets: int) -> np.ndarray:
    """int64 [n]: `tf.strings.to_hash_bucket_fast`, which a serving graph can compute too."""
    if not values:
        return np.zeros(0, np.int64)
    import tensorflow as tf  # slow to import, and only hashed fields need it

    out: np.ndarray = tf.strings.to_hash_bucket_fast(tf.constant(list(values)), buckets).numpy()
    return out


def learn_field(field: Field, seen: Counts | Sketch, settings: dict[str, int]) -> tuple[FieldInfo, list[str]]:
    """What the train samples say of a field, and its vocabulary (empty unless categorical)."""
    boundaries, values = None, []
    if field.kind == "numeric":
        assert isinstance(seen, Sketch)
        boundaries = field.boundaries
        if boundaries is None:
            boundaries = quantile_boundaries(seen, field.buckets or settings["numeric_buckets"])
        size = FIRST_VALUE_ID + len(boundaries) + 1
    elif field.kind == "hashed":
        size = FIRST_VALUE_ID + field.buckets
    else:
        assert isinstance(seen, Counts)
        least = settings["min_count"] if field.min_count is None else field.min_count
        values = vocabulary(seen, least)
        size = FIRST_VALUE_ID + len(values)
    file = f"vocabularies/{field.name}.json" if field.kind == "categorical" else None
    counts = f"train_counts/{field.name}.npy"
    return FieldInfo(field.name, field.group, field.kind, size, boundaries, file, counts), values


def vocabulary_bytes(values: list[str]) -> bytes:
    """A vocabulary file: the JSON list of its values in id order."""
    return (json.dumps(values, ensure_ascii=False, indent=0) + "\n").encode()

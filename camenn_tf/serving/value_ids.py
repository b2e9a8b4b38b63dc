"""From raw field values to value ids inside a graph: the preparation's rules, for serving."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.dataset.schema import FIRST_VALUE_ID, MISSING_ID, UNSEEN_ID
from camenn_tf.dataset.single import SMALLEST, single


class ValueIds(tf.Module):
    """One field's values to ids: 0 missing, 1 unseen, from 2 real values.

    Args:
      field: what the preparation learnt of the field.
      vocabulary: values of a categorical field, in id order.
    """

    def __init__(self, field: FieldInfo, vocabulary: Sequence[str] = ()) -> None:
        super().__init__(name="value_ids")
        self.field = field
        if field.kind == "categorical":
            # The empty string stands in the table too, which must not be empty.
            ids = [MISSING_ID, *range(FIRST_VALUE_ID, FIRST_VALUE_ID + len(vocabulary))]
            table = tf.lookup.KeyValueTensorInitializer(["", *vocabulary], ids, tf.string, tf.int64)
            self._table = tf.lookup.StaticHashTable(table, UNSEEN_ID)

    @property
    def dtype(self) -> tf.DType:
        """Type of the raw values: float32 for numeric fields (NaN = missing), else string (empty = missing)."""
        return tf.float32 if self.field.kind == "numeric" else tf.string

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Raw values [n] of `dtype` to ids int32 [n]."""
        if self.field.kind == "numeric":
            boundaries = tf.constant(single(self.field.boundaries or ()))
            numbers = tf.where(tf.abs(values) < SMALLEST, 0.0, values)  # as `single` has it
            ids = FIRST_VALUE_ID + tf.searchsorted(boundaries, numbers, side="right")
            missing = tf.math.is_nan(values)
        elif self.field.kind == "categorical":
            return tf.cast(self._table.lookup(values), tf.int32)
        else:
            buckets = self.field.size - FIRST_VALUE_ID
            ids = FIRST_VALUE_ID + tf.cast(tf.strings.to_hash_bucket_fast(values, buckets), tf.int32)
            missing = tf.equal(values, "")
        return tf.where(missing, MISSING_ID, ids)

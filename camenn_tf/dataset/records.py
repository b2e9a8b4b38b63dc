"""Sample records: one tf.train.Example a sample, and the batch parser that reads them inside a graph."""

from __future__ import annotations

import tensorflow as tf

# int64 features of a record; `history` has between 0 and history_length values, `fields` one a sample field
FEATURES = ("sample", "user", "target", "history", "fields", "label", "timestamp", "new_to_user")
SCALARS = ("sample", "user", "target", "label", "timestamp", "new_to_user")
NO_ITEM = -1  # fills a history that is shorter than the batch's


def parse_samples(serialized: tf.Tensor, history_length: int, num_fields: int) -> dict[str, tf.Tensor]:
    """Parses a batch of records.

    Args:
      serialized: string [n], tf.train.Example records.
      history_length: N, columns of `history`; longer recorded histories lose their oldest items.
      num_fields: Fb, number of sample fields (user, context and cross).

    Returns:
      sample int64 [n]; user, target int32 [n]; history int32 [n, N] of catalogue rows, newest last, -1 in front;
      fields int32 [n, Fb]; label float32 [n]; timestamp int64 [n]; new_to_user bool [n].
    """
    features: dict[str, object] = {name: tf.io.FixedLenFeature([], tf.int64) for name in SCALARS}
    features["history"] = tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64)
    if num_fields:
        features["fields"] = tf.io.FixedLenFeature([num_fields], tf.int64)
    parsed = tf.io.parse_example(serialized, features)
    if not num_fields:
        parsed["fields"] = tf.zeros([tf.size(serialized), 0], tf.int64)
    return {
        "sample": parsed["sample"],
        "user": tf.cast(parsed["user"], tf.int32),
        "target": tf.cast(parsed["target"], tf.int32),
        "history": _newest_last(parsed["history"], history_length),
        "fields": tf.cast(parsed["fields"], tf.int32),
        "label": tf.cast(parsed["label"], tf.float32),
        "timestamp": parsed["timestamp"],
        "new_to_user": tf.cast(parsed["new_to_user"], tf.bool),
    }


def _newest_last(history: tf.RaggedTensor, length: int) -> tf.Tensor:
    """int32 [n, length]: the last `length` values of every row, right-aligned, -1 in front."""
    ends = history.row_splits[1:, tf.newaxis]  # [n, 1]
    index = ends - length + tf.range(length, dtype=tf.int64)  # [n, length] into the flat values
    real = index >= history.row_splits[:-1, tf.newaxis]
    flat = tf.concat([tf.cast(history.flat_values, tf.int32), [NO_ITEM]], axis=0)
    return tf.where(real, tf.gather(flat, tf.maximum(index, 0)), NO_ITEM)

"""Items whose features a request brings along, for catalogues too large to lie inside the SavedModel."""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.serving.items import Items, concatenate

NO_ROW = -1


class RequestItems:
    """Looks items up among those of the request, as `ItemTable` does in the catalogue.

    Args:
      item_ids: string [u], which items the request brings; the first of equal ids counts.
      items: their features, [u, ...] each.
      unknown: the item that stands for any other, [1, ...] each.
    """

    def __init__(self, item_ids: tf.Tensor, items: Items, unknown: Items) -> None:
        self._item_ids = item_ids
        self._items = concatenate(items, unknown)  # [u + 1, ...]

    def rows(self, item_ids: tf.Tensor) -> tf.Tensor:
        """Places int64 [n] among the request's items of ids string [n]; -1 = not among them."""
        same = tf.equal(item_ids[:, tf.newaxis], self._item_ids)  # [n, u]
        # A last column that always agrees, so that the first agreement exists.
        same = tf.concat([same, tf.ones([tf.shape(item_ids)[0], 1], tf.bool)], axis=1)
        first = tf.argmax(tf.cast(same, tf.int32), axis=1)
        return tf.where(first < tf.size(self._item_ids, tf.int64), first, tf.constant(NO_ROW, tf.int64))

    def gather(self, rows: tf.Tensor) -> Items:
        """The items at places int64 [n]; -1 gives the unknown item."""
        rows = tf.where(rows < 0, tf.size(self._item_ids, tf.int64), rows)
        return {key: tf.gather(values, rows) for key, values in self._items.items()}

"""The catalogue inside a SavedModel: item ids to what the model reads of an item."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from camenn_tf.models.spec import ModelSpec
from camenn_tf.serving.items import Items, image_key, padding_item, text_key

NO_ROW = -1


class ItemTable(tf.Module):
    """Catalogue rows as variables (real tokens and real images only), and the table from item id to row.

    A further row, `unknown`, stands for an item the catalogue does not have: every field missing, no text (its
    [CLS] and [SEP] remain), no image.

    Args:
      spec: the model's sizes.
      item_ids: [n], ids in row order.
      fields: int32 [n, Fi].
      text: flat tokens of all rows, the last of them those of an empty text: int32 [tokens] or float [tokens, Dt].
      text_lengths: int [n + 1], tokens of each row.
      images: images of the rows that have one, in row order: [m, P, ...].
      has_image: bool [n].
      keys: those keys `items_...` that the model reads, None = all; texts or images that it does not are not kept.
    """

    def __init__(
        self,
        spec: ModelSpec,
        item_ids: Sequence[str],
        fields: npt.NDArray[np.int32],
        text: npt.NDArray[Any],
        text_lengths: npt.NDArray[np.integer[Any]],
        images: npt.NDArray[Any],
        has_image: npt.NDArray[np.bool_],
        keys: Collection[str] | None = None,
    ) -> None:
        super().__init__(name="item_table")
        self._spec = spec
        self._keys = frozenset(padding_item(spec) if keys is None else keys)
        self.unknown = len(item_ids)
        # No item has an empty id; it stands in the table because a table must not be empty.
        rows = tf.lookup.KeyValueTensorInitializer(
            ["", *item_ids], [NO_ROW, *range(len(item_ids))], tf.string, tf.int64
        )
        self._table = tf.lookup.StaticHashTable(rows, NO_ROW)
        missing = np.zeros([1, fields.shape[1]], np.int32)
        self._fields = _constant(np.concatenate([fields, missing]))  # [n + 1, Fi]
        if text_key(spec) in self._keys:
            self._text = _constant(text)
        self._text_starts = _constant(np.concatenate([[0], np.cumsum(text_lengths)]).astype(np.int64))  # [n + 2]
        if image_key(spec) in self._keys:
            # Image 0 is the one of the rows that have none.
            self._images = _constant(np.concatenate([np.zeros([1, *images.shape[1:]], images.dtype), images]))
        places = np.where(has_image, np.cumsum(has_image), 0)
        self._image_places = _constant(np.append(places, 0).astype(np.int64))  # [n + 1]

    def rows(self, item_ids: tf.Tensor) -> tf.Tensor:
        """Catalogue rows int64 [n] of item ids string [n]; -1 = not in the catalogue."""
        return self._table.lookup(item_ids)

    def gather(self, rows: tf.Tensor) -> Items:
        """The items of catalogue rows int64 [n]; -1 gives the unknown item."""
        rows = tf.where(rows < 0, tf.constant(self.unknown, tf.int64), rows)
        starts = tf.gather(self._text_starts, rows)
        lengths = tf.gather(self._text_starts, rows + 1) - starts  # [n]
        images = tf.gather(self._image_places, rows)
        items = {
            "items_fields": tf.gather(self._fields, rows),
            "items_text_length": tf.cast(lengths, tf.int32),
            "items_has_image": images > 0,
        }
        if text_key(self._spec) in self._keys:
            items[text_key(self._spec)] = self._gather_texts(starts, lengths)
        if image_key(self._spec) in self._keys:
            items[image_key(self._spec)] = _as_input(tf.gather(self._images, images))
        return {key: value for key, value in items.items() if key in self._keys}

    def _gather_texts(self, starts: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Tokens [n, L, ...] of texts that start there, zeros behind the shorter ones."""
        place = tf.range(tf.reduce_max(tf.concat([lengths, [0]], 0)))  # [L]
        real = place < lengths[:, tf.newaxis]  # [n, L]
        tokens = tf.gather(self._text, tf.where(real, starts[:, tf.newaxis] + place, 0))
        real = tf.reshape(real, tf.concat([tf.shape(real), [1] * (len(tokens.shape) - 2)], 0))
        return _as_input(tf.where(real, tokens, tf.zeros([], tokens.dtype)))


def _constant(values: npt.NDArray[Any]) -> tf.Variable:
    """A variable rather than a constant: a graph may hold 2 GB at most, a checkpoint of variables any amount."""
    return tf.Variable(values, trainable=False)


def _as_input(values: tf.Tensor) -> tf.Tensor:
    """Stored float16 as the float32 that the item store gives as well."""
    return tf.cast(values, tf.float32) if values.dtype.is_floating else values

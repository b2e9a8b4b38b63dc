"""Rows of tokens as vectors of one length, for networks that do not attend."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import gather_rows, segment_sum
from camenn_tf.layers.packing import flat_ranges
from camenn_tf.layers.row_contents import RowContents, row_contents
from camenn_tf.layers.row_layer import RowLayer


@keras.saving.register_keras_serializable(package="camenn_tf")
class SlotMeans(RowLayer):
    """The means of each slot's tokens and the tokens of fields, side by side; zeros where a row of E_Input has none.

    The same numbers as those of the rows of `RowTokens`, which need not be gathered for it: the mean of an item's
    tokens is the same in every row that has it, and the slot's embedding, which all of them get, is added to the mean.

    Args:
      slots, context_fields, slot_embedding, alignment_context, fixed_shapes, text_length, patches, content_dropout:
        those of `RowTokens`.

    Input: that of `RowTokens`.

    Output: a dict with `means` [R, (N + 1 + F) E], the items from the target back, the sample's fields, the target's;
    and `alignment_row` int32 [A], the row of each alignment row.
    """

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, tf.Tensor]:
        rows = row_contents(inputs, self.slots, self.alignment_context, self.shares_rows)
        count = tf.shape(rows.sample)[0]
        items, shown = self._items(inputs["items"], rows)
        if training and self.seed_generator is not None:
            items, shown = self._without_content(items, shown, inputs, rows)
        if self.slot_embedding:
            items += tf.cast(shown, items.dtype)[:, :, None] * self._cast(self.slot_table)
        means = tf.concat([items, *self._fields(inputs, rows)], 1)  # [R, N + 1 + F, E]
        means = tf.reshape(means, [count, means.shape[1] * means.shape[2]])
        return {"means": means, "alignment_row": rows.alignment_row}

    def _items(self, items: dict[str, tf.Tensor], rows: RowContents) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean of the tokens in each slot [R, N + 1, E], and whether there is one [R, N + 1]."""
        text, image = self._sums(items, "text", self.text_length), self._sums(items, "image", self.patches)  # [U, E]
        text_length, image_length = items["text_length"], items["image_length"]
        lengths = text_length + image_length
        means = (text + image) / _divisor(lengths, text.dtype)
        # Text and image of a target may be of two items, those of a history's slot never are.
        of_pair = tf.gather(text_length, rows.text[:, 0]) + tf.gather(image_length, rows.image[:, 0])
        pair = gather_rows(text, rows.text[:, 0]) + gather_rows(image, rows.image[:, 0])
        pair = (pair / _divisor(of_pair, text.dtype))[:, None]
        bought = rows.text[:, 1:]
        found = tf.concat([of_pair[:, None], tf.gather(lengths, bought)], 1)
        return tf.concat([pair, gather_rows(means, bought)], 1), found > 0

    def _sums(self, items: dict[str, tf.Tensor], part: str, room: int) -> tf.Tensor:
        """Sum of the tokens of each item's text, or image: [U, E]."""
        starts, lengths = items[f"{part}_start"], items[f"{part}_length"]
        if not self.fixed_shapes:
            count = tf.size(lengths)
            tokens = tf.gather(items["tokens"], flat_ranges(starts, lengths))
            return segment_sum(tokens, tf.repeat(tf.range(count), lengths), count)
        real = tf.sequence_mask(lengths, room)  # [U, room]
        tokens = tf.gather(items["tokens"], tf.where(real, starts[:, None] + tf.range(room), 0))
        return tf.einsum("ul,ule->ue", tf.cast(real, tokens.dtype), tokens)

    def _without_content(
        self, means: tf.Tensor, shown: tf.Tensor, inputs: dict[str, Any], rows: RowContents
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The same with [CLS] of the target alone in a random share of the samples' rows."""
        hidden = self.hidden_rows(tf.shape(rows.sample)[0], tf.shape(inputs["target"])[0])
        items, target = inputs["items"], rows.text[:, 0]
        has_text = (tf.gather(items["text_length"], target) > 0)[:, None]
        place = tf.where(has_text[:, 0], tf.gather(items["text_start"], target), 0)
        first = tf.gather(items["tokens"], place)  # [R, E]
        first = tf.where(has_text, first, tf.zeros_like(first))[:, None]
        cut = tf.concat([first, tf.zeros_like(means[:, 1:])], 1)
        cut_shown = tf.concat([has_text, tf.zeros_like(shown[:, 1:])], 1)
        return tf.where(hidden[:, None, None], cut, means), tf.where(hidden[:, None], cut_shown, shown)

    def _fields(self, inputs: dict[str, Any], rows: RowContents) -> tuple[tf.Tensor, tf.Tensor]:
        """The sample's fields [R, Fb, E] and the target's [R, Fi, E], zeros for those that a row does not show."""
        own = inputs["sample_tokens"]
        items = gather_rows(inputs["item_field_tokens"], rows.target)
        if "alignment_sample" not in inputs:  # all rows are samples, and show everything
            return own, items
        samples = tf.shape(own)[0]
        # zeros in front for 'no sample'
        theirs = tf.gather(tf.pad(own, [[1, 0], [0, 0], [0, 0]]), rows.sample[samples:] + 1)
        cross = tf.range(own.shape[1]) >= self.context_fields
        hidden = cross & ~rows.whole[samples:, None]
        theirs = tf.where(hidden[:, :, None], tf.zeros_like(theirs), theirs)
        items = tf.where(rows.whole[:, None, None], items, tf.zeros_like(items))
        return tf.concat([own, theirs], 0), items

    def compute_output_spec(self, inputs: dict[str, Any], training: bool = False) -> dict[str, keras.KerasTensor]:
        samples, items = inputs["sample_tokens"].shape, inputs["item_field_tokens"].shape
        width = (self.slots + samples[1] + items[1]) * samples[2]
        return {
            "means": keras.KerasTensor((None, width), dtype=self.compute_dtype),
            "alignment_row": keras.KerasTensor((None,), dtype="int32"),
        }


def _divisor(counts: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """What a sum of so many is divided by: [n, 1]."""
    return tf.cast(tf.maximum(counts, 1), dtype)[:, None]

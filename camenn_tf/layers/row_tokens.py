"""E_Input of eq. 3, for conversion rows and alignment rows together."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import gather_rows
from camenn_tf.layers.packing import flat_ranges
from camenn_tf.layers.row_contents import RowContents, row_contents
from camenn_tf.layers.row_layer import RowLayer


@keras.saving.register_keras_serializable(package="camenn_tf")
class RowTokens(RowLayer):
    """Gathers each row's tokens: target, history, fields; E_Input = Concat(E_Other, E_User, E_Target), eq. 3.

    A row is a list of segments, each a run of consecutive tokens in one matrix that holds every token of the batch
    once: the target's text, its patches, the same of each history item, the sample's fields, the target item's fields.
    The target's [CLS] comes first. Tokens of an item get the embedding of their slot: target 0, newest purchase 1, the
    one before it 2, and so on; without it nothing tells one item's tokens from another's.

    Rows 0 to B - 1 are the samples. An alignment row is an item alone (sample -1), text of one item and image of
    another maybe, or the same in its sample's context:
      `masked`: user and context fields; history without the slots that hold the target or the donor.
      `full`: everything; a positive then equals its sample's row and is not computed again.

    Args:
      slots: N + 1.
      context_fields: tokens of user and context fields, which come before those of cross fields.
      slot_embedding: False is the printed form.
      alignment_context: `masked` or `full`.
      fixed_shapes: pad every row to one length.
      text_length: T + 2, the padded length of a text; read with `fixed_shapes`.
      patches: P; read with `fixed_shapes`.
      content_dropout: share of the samples whose items are not shown in training: no history, and of the target [CLS]
        alone. Fields are a few tokens among hundreds, and are found sooner in such rows, which also cost little.

    Input: a dict with `sample_tokens` [B, Fb, E], `item_field_tokens` [U, Fi, E], `items` (output of ItemTokens),
    `history` int32 [B, N] (0 = none, newest last), `target` [B], `alignment_sample`, `alignment_text`,
    `alignment_image` [A].

    Output: a dict with `tokens` [S, E], `lengths` int32 [R] (`fixed_shapes`: `mask` bool [R, L] instead) and
    `alignment_row` int32 [A], the row of each alignment row.
    """

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, tf.Tensor]:
        size = inputs["sample_tokens"].shape[-1]
        matrix = tf.concat(
            [
                tf.reshape(inputs["sample_tokens"], [-1, size]),
                tf.reshape(inputs["item_field_tokens"], [-1, size]),
                inputs["items"]["tokens"],
            ],
            0,
        )
        rows = row_contents(inputs, self.slots, self.alignment_context, self.shares_rows)
        starts, lengths = self._segments(inputs, rows)  # [R, K] each
        if training and self.seed_generator is not None:
            lengths = self._without_content(lengths, tf.shape(inputs["target"])[0])
        if self.fixed_shapes:
            index, mask, slots = self._padded(starts, lengths, inputs)
            index = tf.reshape(tf.where(mask, index, 0), [-1])
            out = {"mask": mask}
        else:
            flat_lengths = tf.reshape(lengths, [-1])
            index = flat_ranges(tf.reshape(starts, [-1]), flat_lengths)
            slots = tf.repeat(tf.tile(self._slot_of_segment(), [tf.shape(starts)[0]]), flat_lengths)
            out = {"lengths": tf.reduce_sum(lengths, 1)}
        tokens = self._with_slots(gather_rows(matrix, index), slots)
        return {"tokens": tokens, "alignment_row": rows.alignment_row, **out}

    def _without_content(self, lengths: tf.Tensor, samples: tf.Tensor) -> tf.Tensor:
        """The segments' lengths [R, K] with those of items cut in a random share of the samples' rows."""
        rows, items = tf.shape(lengths)[0], 2 * self.slots
        hidden = self.hidden_rows(rows, samples)
        few = tf.concat([tf.minimum(lengths[:, :1], 1), tf.zeros_like(lengths[:, 1:items]), lengths[:, items:]], 1)
        return tf.where(hidden[:, None], few, lengths)

    def _with_slots(self, tokens: tf.Tensor, slots: tf.Tensor) -> tf.Tensor:
        if not self.slot_embedding:
            return tokens
        # As a product with one-hot rows: its gradient is a product too. Fields, of slot -1, get zeros.
        table = self._cast(self.slot_table)
        return tokens + tf.matmul(tf.one_hot(slots, self.slots, dtype=self.compute_dtype), table)

    def _slot_of_segment(self) -> tf.Tensor:
        """Slot of each of a row's K = 2 (N + 1) + 2 segments; -1 for fields."""
        return tf.constant([slot for slot in range(self.slots) for _ in range(2)] + [-1, -1], tf.int32)

    def _segments(self, inputs: dict[str, Any], rows: RowContents) -> tuple[tf.Tensor, tf.Tensor]:
        """Start and length of each segment of each row."""
        items = _item_segments(inputs, rows.text, rows.image)
        fields = self._field_segments(inputs, rows.sample, rows.target, rows.whole)
        return tf.concat([items[0], fields[0]], 1), tf.concat([items[1], fields[1]], 1)

    def _field_segments(
        self, inputs: dict[str, Any], sample: tf.Tensor, target: tf.Tensor, whole: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The sample's fields and the target's: [R, 2]. Only `whole` rows see cross and item fields."""
        samples, width = tf.shape(inputs["sample_tokens"])[0], inputs["sample_tokens"].shape[1]
        item_width = inputs["item_field_tokens"].shape[1]
        length = tf.where(whole, width, tf.where(sample >= 0, self.context_fields, 0))
        starts = tf.stack([tf.maximum(sample, 0) * width, samples * width + target * item_width], 1)
        return starts, tf.stack([length, tf.where(whole, item_width, 0)], 1)

    def _padded(
        self, starts: tf.Tensor, lengths: tf.Tensor, inputs: dict[str, Any]
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Token index and mask [R, L], slot [R * L], every segment padded to its most tokens."""
        rooms = [self.text_length, self.patches] * self.slots
        rooms += [inputs["sample_tokens"].shape[1], inputs["item_field_tokens"].shape[1]]
        index = tf.concat([starts[:, k : k + 1] + tf.range(room) for k, room in enumerate(rooms)], 1)
        mask = tf.concat([tf.range(room) < lengths[:, k : k + 1] for k, room in enumerate(rooms)], 1)
        slot_of_place = tf.repeat(self._slot_of_segment(), rooms)
        return index, mask, tf.tile(slot_of_place, [tf.shape(starts)[0]])

    def compute_output_spec(self, inputs: dict[str, Any], training: bool = False) -> dict[str, keras.KerasTensor]:
        size = inputs["sample_tokens"].shape[-1]
        out = {
            "tokens": keras.KerasTensor((None, size), dtype=self.compute_dtype),
            "alignment_row": keras.KerasTensor((None,), dtype="int32"),
        }
        if self.fixed_shapes:
            fields = inputs["sample_tokens"].shape[1] + inputs["item_field_tokens"].shape[1]
            length = self.slots * (self.text_length + self.patches) + fields
            return {**out, "mask": keras.KerasTensor((None, length), dtype="bool")}
        return {**out, "lengths": keras.KerasTensor((None,), dtype="int32")}


def _item_segments(inputs: dict[str, Any], text: tf.Tensor, image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Text and patches of the item in each slot: [R, 2 (N + 1)], text and image in turn."""
    items = inputs["items"]
    before = tf.size(inputs["sample_tokens"][:, :, 0]) + tf.size(inputs["item_field_tokens"][:, :, 0])
    starts = tf.stack([tf.gather(items["text_start"], text), tf.gather(items["image_start"], image)], 2)
    lengths = tf.stack([tf.gather(items["text_length"], text), tf.gather(items["image_length"], image)], 2)
    shape = [tf.shape(text)[0], 2 * text.shape[1]]
    return before + tf.reshape(starts, shape), tf.reshape(lengths, shape)

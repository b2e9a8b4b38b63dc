"""What masked modelling of texts and of patches share: which tokens are hidden, and where they stand in rows."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

# Of the text tokens that are chosen (Devlin et al. 2019, section 3.1): shares that are hidden, and that are replaced by
# another token; the rest stays as it is.
HIDDEN, REPLACED = 0.8, 0.1


def uniform(shape: Any, seeds: keras.random.SeedGenerator) -> tf.Tensor:
    """float32 numbers in [0, 1) from a generator whose state checkpoints hold, as dropout's."""
    return keras.random.uniform(shape, dtype="float32", seed=seeds)


def inner_pieces(length: tf.Tensor, longest: tf.Tensor | int) -> tf.Tensor:
    """The tokens of texts without [CLS] and [SEP]: bool [U, L] from int32 [U]."""
    place = tf.range(longest)
    return (place > 0) & (place < length[:, None] - 1)


def choose(eligible: tf.Tensor, share: float, seeds: keras.random.SeedGenerator, training: bool) -> tf.Tensor:
    """Chooses each eligible token with probability `share`, in training only: bool, of the shape of `eligible`."""
    if not training:
        return tf.zeros_like(eligible)
    return eligible & (uniform(tf.shape(eligible), seeds) < share)


def chosen_places(chosen: tf.Tensor, item: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The chosen tokens of rows: which row, and which place of its item, int32 [m] each.

    Args:
      chosen: bool [U, L], by item.
      item: int32 [A], the item of each row.
    """
    hits = tf.cast(tf.where(tf.gather(chosen, item)), tf.int32)  # [m, 2]
    return hits[:, 0], hits[:, 1]


def row_losses(loss: tf.Tensor, row: tf.Tensor, rows: tf.Tensor | int) -> tf.Tensor:
    """Sum and number of the losses [m] of each row: [rows, 2]."""
    parts = tf.stack([loss, tf.ones_like(loss)], 1)
    return tf.math.unsorted_segment_sum(parts, row, rows)

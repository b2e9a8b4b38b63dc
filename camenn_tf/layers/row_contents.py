"""Which items and fields each row of a batch holds: conversion rows and alignment rows together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from camenn_tf.errors import UserError


@dataclasses.dataclass(frozen=True)
class RowContents:
    """What stands in R rows, of which 0 to B - 1 are the samples and the others alignment rows.

    Attributes:
      sample: int32 [R], whose user, context and cross fields; -1 = none.
      target: int32 [R], the item whose fields are shown.
      whole: bool [R], whether cross and item fields are shown.
      text: int32 [R, N + 1], whose text stands in each slot: target 0, newest purchase 1, the one before it 2, ...
      image: int32 [R, N + 1], likewise; another item's in slot 0 of a wrong pair, else the same.
      alignment_row: int32 [A], the row of each alignment row.
    """

    sample: tf.Tensor
    target: tf.Tensor
    whole: tf.Tensor
    text: tf.Tensor
    image: tf.Tensor
    alignment_row: tf.Tensor


def check_context(name: str) -> None:
    """Raises UserError unless it is one of the contexts that `row_contents` knows."""
    if name not in ("masked", "full"):
        raise UserError(f"alignment.context is {name!r}, expected 'masked' or 'full'")


def row_contents(inputs: Mapping[str, Any], slots: int, context: str, share: bool) -> RowContents:
    """The rows of a batch.

    Args:
      inputs: `history` int32 [B, N] (0 = none, newest last), `target` [B], and unless the model has no alignment rows
        `alignment_sample`, `alignment_text`, `alignment_image` [A].
      slots: N + 1.
      context: what alignment rows with a sample show besides the pair. `masked`: user and context fields; history
        without the slots that hold the target or the donor. `full`: everything.
      share: leave out alignment rows that equal their sample's row, a positive in full context; `alignment_row` then
        names the sample's.
    """
    history, target = inputs["history"], inputs["target"]
    none = tf.zeros([0], tf.int32)
    sample, text, image = (inputs.get(f"alignment_{part}", none) for part in ("sample", "text", "image"))
    samples = tf.shape(target)[0]
    # A row of nothing in front stands for 'no sample', so that sample -1 (and a batch without samples) can be read.
    own_target = tf.gather(tf.concat([[0], target], 0), sample + 1)  # [A]
    own_history = tf.gather(tf.pad(history, [[1, 0], [0, 0]]), sample + 1)  # [A, N]
    full = context == "full"
    shared = (sample >= 0) & (text == own_target) & (image == own_target) & full & share
    own = tf.cast(~shared, tf.int32)
    alignment_row = tf.where(shared, sample, samples + tf.cumsum(own, exclusive=True))
    if not full:
        hidden = (own_history == text[:, None]) | (own_history == image[:, None])
        own_history = tf.where(hidden | (own_history == own_target[:, None]), 0, own_history)
    if share:
        kept = tf.where(~shared)[:, 0]
        sample, own_target, own_history, text, image = (
            tf.gather(part, kept) for part in (sample, own_target, own_history, text, image)
        )
    every = tf.concat([tf.range(samples), sample], 0)
    histories = tf.concat([history, own_history], 0)[:, ::-1][:, : slots - 1]
    return RowContents(
        sample=every,
        target=tf.concat([target, own_target], 0),
        whole=tf.concat([tf.ones_like(target, tf.bool), tf.fill(tf.shape(sample), full)], 0) & (every >= 0),
        text=tf.concat([tf.concat([target, text], 0)[:, None], histories], 1),
        image=tf.concat([tf.concat([target, image], 0)[:, None], histories], 1),
        alignment_row=alignment_row,
    )

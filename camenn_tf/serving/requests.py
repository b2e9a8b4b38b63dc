"""The batch dict of a serving request."""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.models.spec import ModelSpec
from camenn_tf.serving.items import Items, concatenate, padding_item
from camenn_tf.tasks import ALONE, BOTH_TASKS

Batch = dict[str, tf.Tensor]


def rank_batch(spec: ModelSpec, history_length: int, fields: tf.Tensor, history: Items, candidates: Items) -> Batch:
    """One user, many candidates.

    Args:
      spec: the model's sizes.
      history_length: N.
      fields: int32 [C, Fb], ids of user, context and cross fields.
      history: the user's purchases, oldest first, at most N.
      candidates: C items.

    Returns:
      A batch of C samples and no alignment rows.
    """
    count = tf.shape(fields)[0]
    bought = tf.shape(history["items_fields"])[0]
    places = tf.concat([tf.zeros([history_length - bought], tf.int32), 1 + tf.range(bought)], axis=0)
    places = tf.ensure_shape(places, [history_length])
    none = tf.zeros([0], tf.int32)
    return {
        **concatenate(padding_item(spec), history, candidates),
        "fields": fields,
        "history": tf.tile(places[tf.newaxis], [count, 1]),
        "target": 1 + bought + tf.range(count),
        "alignment_sample": none,
        "alignment_text": none,
        "alignment_image": none,
        "alignment_task": none,
    }


def pair_batch(spec: ModelSpec, history_length: int, items: Items, text: tf.Tensor, image: tf.Tensor) -> Batch:
    """Pairs of a text and an image by themselves: no user, no history, no fields.

    Args:
      spec: the model's sizes.
      history_length: N.
      items: [u], where the texts and images come from.
      text: int32 [A], whose text.
      image: int32 [A], whose image.

    Returns:
      A batch of no samples and A alignment rows, for both tasks.
    """
    return {
        **concatenate(padding_item(spec), items),
        "fields": tf.zeros([0, len(spec.sample_fields)], tf.int32),
        "history": tf.zeros([0, history_length], tf.int32),
        "target": tf.zeros([0], tf.int32),
        "alignment_sample": tf.fill(tf.shape(text), ALONE),
        "alignment_text": 1 + text,
        "alignment_image": 1 + image,
        "alignment_task": tf.fill(tf.shape(text), BOTH_TASKS),
    }

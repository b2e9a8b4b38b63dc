"""Items as the model reads them: the keys `items_...` of a batch, for some items in a row."""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf

from camenn_tf.models.spec import ModelSpec

Items = dict[str, tf.Tensor]

_TEXT_KEYS = ("items_text", "items_piece_ids")


def text_key(spec: ModelSpec) -> str:
    """The batch key of the texts."""
    return "items_piece_ids" if spec.text_kind == "pieces" else "items_text"


def image_key(spec: ModelSpec) -> str:
    """The batch key of the images."""
    return "items_pixels" if spec.image_kind == "pixels" else "items_image"


def keys_read(spec: ModelSpec, inputs: Iterable[str]) -> frozenset[str]:
    """Which keys of items a model of these inputs reads; always their fields, which tell how many items there are."""
    return frozenset({"items_fields", *padding_item(spec).keys() & set(inputs)})


def padding_item(spec: ModelSpec) -> Items:
    """The one item at index 0 of every batch: no text, no image, no fields."""
    text = tf.zeros([1, 0], tf.int32) if spec.text_kind == "pieces" else tf.zeros([1, 0, spec.text_dim], tf.float32)
    return {
        "items_fields": tf.zeros([1, len(spec.item_fields)], tf.int32),
        "items_text_length": tf.zeros([1], tf.int32),
        "items_has_image": tf.zeros([1], tf.bool),
        text_key(spec): text,
        image_key(spec): no_images(spec, 1),
    }


def no_images(spec: ModelSpec, count: tf.Tensor | int) -> tf.Tensor:
    """Images of items that have none, [count, P, ...]."""
    if spec.image_kind == "pixels":
        shape, dtype = [count, spec.image_patches, *(spec.image_shape or ())], tf.uint8
    else:
        shape, dtype = [count, spec.image_patches, spec.image_dim], tf.float32
    return tf.zeros(shape, dtype)


def concatenate(*parts: Items) -> Items:
    """Items one after another, with the keys of the last; texts are padded to the longest."""
    joined: Items = {}
    for key in parts[-1]:
        values = [part[key] for part in parts]
        if key in _TEXT_KEYS:
            longest = tf.reduce_max([tf.shape(value)[1] for value in values])
            values = [_pad_text(value, longest) for value in values]
        joined[key] = tf.concat(values, axis=0)
    return joined


def _pad_text(text: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """Zeros behind the pieces: [n, L] or [n, L, D] to [n, length] or [n, length, D]."""
    paddings = [[0, 0], [0, length - tf.shape(text)[1]]] + [[0, 0]] * (len(text.shape) - 2)
    return tf.pad(text, paddings)

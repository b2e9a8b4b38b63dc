"""Raw texts and picture files to what the model reads of an item, inside a graph."""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.inputs.item_store import ItemFeatures
from camenn_tf.models.spec import ModelSpec
from camenn_tf.serving.items import Items, image_key, text_key


class ItemEncoder(tf.Module):
    """Does for items that come with a request what the encoding run did for the catalogue.

    Args:
      spec: the model's sizes.
      text_encoder: the encoder of the features; its network is used only where it is frozen.
      image_encoder: likewise.
      dtype: what features are stored as; frozen states are rounded to it, as those of the catalogue were.
    """

    def __init__(self, spec: ModelSpec, text_encoder: TextEncoder, image_encoder: ImageEncoder, dtype: str) -> None:
        super().__init__(name="item_encoder")
        self._spec, self._dtype = spec, tf.as_dtype(dtype)
        self._text_encoder, self._image_encoder = text_encoder, image_encoder
        frozen = [text_encoder.model] if spec.text_kind == "states" else []
        frozen += [image_encoder.model] if spec.image_kind == "features" else []
        # A SavedModel keeps what hangs on a module's attributes.
        self._frozen_variables = [variable.value for network in frozen for variable in network.variables]
        self._tokenizer_resources = text_encoder.pieces.resources
        strings, ids = tf.TensorSpec([None], tf.string), tf.TensorSpec([None, len(spec.item_fields)], tf.int32)
        # Traced once, called by every signature.
        self._traced = tf.function(self._encode, input_signature=[strings, strings, ids], autograph=False)

    def __call__(self, texts: tf.Tensor, images: tf.Tensor, fields: tf.Tensor) -> Items:
        """Items of a request.

        Args:
          texts: string [n]; empty = no text.
          images: string [n], picture files; an empty or broken one = no image.
          fields: int32 [n, Fi], value ids.

        Returns:
          The keys `items_...` of a batch, [n, ...] each.
        """
        items: Items = self._traced(texts, images, fields)
        return items

    def nothing(self) -> ItemFeatures:
        """Features [1, ...] of an item that has neither text nor image, as the item store would give them."""
        none = tf.constant([""])
        items = self(none, none, tf.zeros([1, len(self._spec.item_fields)], tf.int32))
        text, image = items[text_key(self._spec)], items[image_key(self._spec)]
        parts = (text, items["items_text_length"], image, items["items_has_image"])
        return ItemFeatures(*(part.numpy() for part in parts))

    def _encode(self, texts: tf.Tensor, images: tf.Tensor, fields: tf.Tensor) -> Items:
        pieces, lengths = self._text_encoder.tokenize(texts)
        pixels, has_image = self._image_encoder.pixels_or_none(images)
        text, image = pieces, pixels
        if self._spec.text_kind == "states":
            text = self._rounded(self._text_encoder.model(pieces, training=False))
            real = tf.sequence_mask(lengths, tf.shape(pieces)[1])[..., tf.newaxis]
            text = tf.where(real, text, 0.0)  # [n, L, Dt]
        if self._spec.image_kind == "features":
            image = self._rounded(self._image_encoder.model(pixels, training=False))
            image = tf.where(has_image[:, tf.newaxis, tf.newaxis], image, 0.0)  # [n, P, Di]
        return {
            "items_fields": fields,
            "items_text_length": lengths,
            "items_has_image": has_image,
            text_key(self._spec): text,
            image_key(self._spec): image,
        }

    def _rounded(self, states: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.cast(states, self._dtype), tf.float32)

"""Raw texts and picture files to what the model reads of an item, inside a graph."""

from __future__ import annotations

from collections.abc import Collection

import tensorflow as tf

from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.models.spec import ModelSpec
from camenn_tf.serving.items import Items, image_key, padding_item, text_key


class ItemEncoder(tf.Module):
    """Does for items that come with a request what the encoding run did for the catalogue.

    Args:
      spec: the model's sizes.
      text_encoder: the encoder of the features; its network is used only where it is frozen.
      image_encoder: likewise.
      dtype: what features are stored as; frozen states are rounded to it, as those of the catalogue were.
      keys: those keys `items_...` that the model reads: nothing is encoded for others; None = all.

    Attributes:
      keys: what items get.
    """

    def __init__(
        self,
        spec: ModelSpec,
        text_encoder: TextEncoder,
        image_encoder: ImageEncoder,
        dtype: str,
        keys: Collection[str] | None = None,
    ) -> None:
        super().__init__(name="item_encoder")
        self._spec, self._dtype = spec, tf.as_dtype(dtype)
        self.keys = frozenset(padding_item(spec) if keys is None else keys)
        self._text_encoder, self._image_encoder = text_encoder, image_encoder
        self._runs_text = spec.text_kind == "states" and text_key(spec) in self.keys
        self._runs_image = spec.image_kind == "features" and image_key(spec) in self.keys
        frozen = [text_encoder.model] if self._runs_text else []
        frozen += [image_encoder.model] if self._runs_image else []
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
          `keys` of a batch, [n, ...] each.
        """
        items: Items = self._traced(texts, images, fields)
        return items

    def nothing(self) -> Items:
        """The item that has neither text nor image, [1, ...] each, as the item store would give it."""
        none = tf.constant([""])
        return self(none, none, tf.zeros([1, len(self._spec.item_fields)], tf.int32))

    def _encode(self, texts: tf.Tensor, images: tf.Tensor, fields: tf.Tensor) -> Items:
        items = {"items_fields": fields}
        if not self.keys.isdisjoint((text_key(self._spec), "items_text_length")):
            items |= self._encode_texts(texts)
        if not self.keys.isdisjoint((image_key(self._spec), "items_has_image")):
            items |= self._encode_images(images)
        return {key: value for key, value in items.items() if key in self.keys}

    def _encode_texts(self, texts: tf.Tensor) -> Items:
        pieces, lengths = self._text_encoder.tokenize(texts)
        text = pieces
        if self._runs_text:
            text = self._rounded(self._text_encoder.model(pieces, training=False))
            real = tf.sequence_mask(lengths, tf.shape(pieces)[1])[..., tf.newaxis]
            text = tf.where(real, text, 0.0)  # [n, L, Dt]
        return {"items_text_length": lengths, text_key(self._spec): text}

    def _encode_images(self, images: tf.Tensor) -> Items:
        pixels, has_image = self._image_encoder.pixels_or_none(images)
        image = pixels
        if self._runs_image:
            image = self._vectors(pixels, has_image)
        return {"items_has_image": has_image, image_key(self._spec): image}

    def _vectors(self, pixels: tf.Tensor, has_image: tf.Tensor) -> tf.Tensor:
        """Vectors [n, P, Di] of patches [n, P, h, w, 3], 0 without a picture; the network sees pictures alone."""
        shape = [self._spec.image_patches, self._spec.image_dim]
        vectors = tf.cond(
            tf.reduce_any(has_image),
            lambda: self._rounded(self._image_encoder.model(tf.boolean_mask(pixels, has_image), training=False)),
            lambda: tf.zeros([0, *shape]),  # convolutions of no pictures at all fail
        )
        places = tf.cast(tf.where(has_image), tf.int32)
        return tf.ensure_shape(tf.scatter_nd(places, vectors, [tf.size(has_image), *shape]), [None, *shape])

    def _rounded(self, states: tf.Tensor) -> tf.Tensor:
        """As stored; a new item's number beyond the type is its largest, where the encoding of a catalogue stops."""
        return tf.cast(tf.saturate_cast(states, self._dtype), tf.float32)

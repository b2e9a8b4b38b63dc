"""Text and patch tokens of items: eqs. 1 and 2."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import gather_rows
from camenn_tf.layers.packing import flat_ranges

TEXT_SEGMENT, IMAGE_SEGMENT = 0, 1
BARE_TEXT = 2  # [CLS] and [SEP]
# Projected states vary by about 1. BERT's .02, made for word embeddings as small, would leave text and image, and the
# places of a text, alike to attention until they have grown.
SEGMENT_SPREAD, POSITION_SPREAD = 0.3, 0.1


@keras.saving.register_keras_serializable(package="camenn_tf")
class ItemTokens(keras.layers.Layer):
    """Projects encoder states to E and adds position and segment embeddings, once for every distinct item of a batch.

        e_txt = W_T f_BERT(x_txt) + b_T + e_pos_t + e_seg_T    (eq. 1; [CLS] and [SEP] are positions of the text)
        e_img = W_I f_Inception(x_img) + b_I + e_pos_p + e_seg_I    (eq. 2; positions row by row in the grid)

    Args:
      embedding_size: E.
      text_length: most text tokens, T + 2.
      patches: P.
      use_text: False hides the text's states; [CLS] and [SEP] stay.
      use_images: False leaves the patches out.
      fixed_shapes: keep padding, so that every shape is known beforehand.

    Input: a dict with `text` [U, L, Dt], `text_length` int32 [U], `image` [U, P, Di], `has_image` bool [U].

    Output: a dict: `tokens` [X, E], the real tokens of all items (all texts, then all images), and where each item's
    stand in it: `text_start`, `text_length`, `image_start`, `image_length`, int32 [U] each.
    """

    def __init__(
        self,
        embedding_size: int,
        text_length: int,
        patches: int,
        use_text: bool = True,
        use_images: bool = True,
        fixed_shapes: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.embedding_size = embedding_size
        self.text_length = text_length
        self.patches = patches
        self.use_text = use_text
        self.use_images = use_images
        self.fixed_shapes = fixed_shapes

    def build(self, input_shape: dict[str, Any]) -> None:
        size = self.embedding_size
        position = keras.initializers.RandomNormal(stddev=POSITION_SPREAD)
        segment = keras.initializers.RandomNormal(stddev=SEGMENT_SPREAD)
        self.text_kernel = self.add_weight(shape=(input_shape["text"][-1], size), name="text_kernel")
        self.text_bias = self.add_weight(shape=(size,), initializer="zeros", name="text_bias")
        self.image_kernel = self.add_weight(shape=(input_shape["image"][-1], size), name="image_kernel")
        self.image_bias = self.add_weight(shape=(size,), initializer="zeros", name="image_bias")
        self.text_position = self.add_weight(
            shape=(self.text_length, size), initializer=position, name="text_position_embedding"
        )
        self.image_position = self.add_weight(
            shape=(self.patches, size), initializer=position, name="image_position_embedding"
        )
        self.segment = self.add_weight(shape=(2, size), initializer=segment, name="segment_embedding")

    def call(self, items: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        text_length = items["text_length"]
        states, image = items["text"], items["image"]
        if not self.use_text:
            text_length = tf.minimum(text_length, BARE_TEXT)
            states = tf.zeros_like(states)
        has_image = items["has_image"] if self.use_images else tf.zeros_like(items["has_image"])
        text, text_start = self._text(tf.cast(states, self.compute_dtype), text_length)
        patches, image_start = self._image(tf.cast(image, self.compute_dtype), has_image)
        return {
            "tokens": tf.concat([text, patches], 0),
            "text_start": text_start,
            "text_length": text_length,
            "image_start": tf.shape(text)[0] + image_start,
            "image_length": self.patches * tf.cast(has_image, tf.int32),
        }

    def _text(self, states: tf.Tensor, length: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Text tokens [X, E], and where each item's start [U]."""
        items, longest = tf.shape(states)[0], tf.shape(states)[1]
        constant = self._cast(self.text_bias) + self._cast(self.segment)[TEXT_SEGMENT] + self._cast(self.text_position)
        if self.fixed_shapes:
            tokens = tf.einsum("uld,de->ule", states, self._cast(self.text_kernel)) + constant[None, : states.shape[1]]
            return tf.reshape(tokens, [-1, self.embedding_size]), tf.range(items) * longest
        row_start = tf.range(items) * longest
        real = flat_ranges(row_start, length)
        flat = tf.gather(tf.reshape(states, [-1, states.shape[-1]]), real)  # [X, Dt], without padding
        tokens = tf.matmul(flat, self._cast(self.text_kernel)) + gather_rows(constant, real % tf.maximum(longest, 1))
        return tokens, tf.cumsum(length, exclusive=True)

    def _image(self, features: tf.Tensor, has_image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Patch tokens [X, E], and where each item's start [U]."""
        constant = (
            self._cast(self.image_bias) + self._cast(self.segment)[IMAGE_SEGMENT] + self._cast(self.image_position)
        )
        if not self.fixed_shapes:
            features = tf.boolean_mask(features, has_image)
        tokens = tf.einsum("upd,de->upe", features, self._cast(self.image_kernel)) + constant
        step = tf.ones_like(has_image, tf.int32) if self.fixed_shapes else tf.cast(has_image, tf.int32)
        return tf.reshape(tokens, [-1, self.embedding_size]), self.patches * tf.cumsum(step, exclusive=True)

    def compute_output_spec(self, items: dict[str, keras.KerasTensor]) -> dict[str, keras.KerasTensor]:
        tokens = keras.KerasTensor((None, self.embedding_size), dtype=self.compute_dtype)
        names = ("text_start", "text_length", "image_start", "image_length")
        indices = {name: keras.KerasTensor(items["text_length"].shape, dtype="int32") for name in names}
        return {"tokens": tokens, **indices}

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "embedding_size": self.embedding_size,
            "text_length": self.text_length,
            "patches": self.patches,
            "use_text": self.use_text,
            "use_images": self.use_images,
            "fixed_shapes": self.fixed_shapes,
        }

    def _cast(self, variable: keras.Variable) -> tf.Tensor:
        return tf.cast(tf.convert_to_tensor(variable), self.compute_dtype)

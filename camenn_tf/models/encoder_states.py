"""What the encoders make of the distinct items of a batch."""

from __future__ import annotations

from typing import Any

import keras
from ml_collections import ConfigDict

from camenn_tf.layers.item_tokens import BARE_TEXT
from camenn_tf.models.spec import ModelSpec

Tensors = dict[str, Any]


def encoder_states(config: ConfigDict, spec: ModelSpec, inputs: Tensors) -> Tensors:
    """`text` and `image`, f_BERT(x_txt) and f_Inception(x_img) of eqs. 1 and 2, with `text_length` and `has_image`.

    States that the model does not use are zeros [U, L, 1], so that nothing is read or encoded for them.
    """
    length, has_image = inputs["items_text_length"], inputs["items_has_image"]
    if config.model.use_text:
        text = _states(spec.text_model, inputs["items_piece_ids"] if spec.text_model else inputs["items_text"])
    else:
        text = _blank(length, spec.text_max_length if config.inputs.fixed_shapes else BARE_TEXT)
    if config.model.use_images:
        image = _states(spec.image_model, inputs["items_pixels"] if spec.image_model else inputs["items_image"])
    else:
        image = _blank(length, spec.image_patches)
    return {"text": text, "text_length": length, "image": image, "has_image": has_image}


def _states(encoder: keras.Model | None, values: Any) -> Any:
    return encoder(values) if encoder else values


def _blank(items: Any, length: int) -> Any:
    """Zeros [U, length, 1] for items [U]."""
    zeros = keras.ops.zeros_like(items, dtype="float32")
    return keras.ops.repeat(keras.ops.expand_dims(zeros, (1, 2)), length, 1)

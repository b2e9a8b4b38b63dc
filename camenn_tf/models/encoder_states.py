"""What the encoders make of the distinct items of a batch."""

from __future__ import annotations

from typing import Any

import keras
from ml_collections import ConfigDict

from camenn_tf.models.spec import ModelSpec

Tensors = dict[str, Any]


def encoder_states(config: ConfigDict, spec: ModelSpec, inputs: Tensors) -> Tensors:
    """`text` and `image`, f_BERT(x_txt) and f_Inception(x_img) of eqs. 1 and 2, with `text_length` and `has_image`."""
    text = inputs["items_piece_ids"] if spec.text_model else inputs["items_text"]
    image = inputs["items_pixels"] if spec.image_model else inputs["items_image"]
    return {
        "text": _states(spec.text_model, text) if config.model.use_text else _blank(text),
        "text_length": inputs["items_text_length"],
        "image": _states(spec.image_model, image) if config.model.use_images else _blank(image),
        "has_image": inputs["items_has_image"],
    }


def _states(encoder: keras.Model | None, values: Any) -> Any:
    return encoder(values) if encoder else values


def _blank(values: Any) -> Any:
    """Zeros [U, L, 1] in the place of states that the model does not use, so that no encoder runs for them."""
    first = values[(slice(None), slice(None), *[0] * (len(values.shape) - 2))]  # [U, L]
    return keras.ops.expand_dims(keras.ops.zeros_like(first, dtype="float32"), -1)

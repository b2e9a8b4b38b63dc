"""E_Input of every row, and the numbers that all multi-task models share."""

from __future__ import annotations

from typing import Any

import keras
from ml_collections import ConfigDict

from camenn_tf.layers.item_tokens import ItemTokens
from camenn_tf.layers.row_tokens import RowTokens
from camenn_tf.layers.slot_means import SlotMeans
from camenn_tf.models.embedded_fields import field_tokens
from camenn_tf.models.spec import ModelSpec

Tensors = dict[str, Any]


def row_tokens(config: ConfigDict, spec: ModelSpec, inputs: Tensors, states: Tensors) -> Tensors:
    """E_Input = Concat(E_Other, E_User, E_Target) of every row (eq. 3): what RowTokens gives."""
    tokens, sizes = _tokens(config, spec, inputs, states)
    rows: Tensors = RowTokens(**sizes, name="row_tokens")(tokens)
    return rows


def slot_means(config: ConfigDict, spec: ModelSpec, inputs: Tensors, states: Tensors) -> Tensors:
    """The means of each item's and field's tokens in every row of E_Input: what SlotMeans gives."""
    tokens, sizes = _tokens(config, spec, inputs, states)
    rows: Tensors = SlotMeans(**sizes, name="slot_means")(tokens)
    return rows


def item_tokens(config: ConfigDict, spec: ModelSpec, states: Tensors) -> Tensors:
    """Tokens of the distinct items (eqs. 1, 2); in training without a share `model.image_dropout` of image features."""
    model = config.model
    if model.image_dropout and model.use_images:
        dropout = keras.layers.Dropout(model.image_dropout, noise_shape=(None, 1, None), name="image_dropout")
        states = {**states, "image": dropout(states["image"])}
    return ItemTokens(
        model.embedding_size,
        spec.text_max_length,
        spec.image_patches,
        use_text=model.use_text,
        use_images=model.use_images,
        fixed_shapes=config.inputs.fixed_shapes,
        name="item_tokens",
    )(states)


def _tokens(config: ConfigDict, spec: ModelSpec, inputs: Tensors, states: Tensors) -> tuple[Tensors, Tensors]:
    """What RowTokens and SlotMeans read, and their arguments."""
    model = config.model
    sample_fields, item_fields = (
        field_tokens(config, fields, model.embedding_size, name, model.field_tokens)
        for fields, name in ((spec.sample_fields, "sample_field_tokens"), (spec.item_fields, "item_field_tokens"))
    )
    keys = ("history", "target", "alignment_sample", "alignment_text", "alignment_image")
    tokens = {
        "items": item_tokens(config, spec, states),
        "sample_tokens": sample_fields(inputs["fields"]),
        "item_field_tokens": item_fields(inputs["items_fields"]),
        **{key: inputs[key] for key in keys if key in inputs},
    }
    sizes = {
        "slots": model.history_length + 1,
        "context_fields": sample_fields.tokens_of("user", "context"),
        "slot_embedding": model.slot_embedding,
        "alignment_context": config.alignment.context,
        "fixed_shapes": config.inputs.fixed_shapes,
        "text_length": spec.text_max_length,
        "patches": spec.image_patches,
        "content_dropout": model.content_dropout,
    }
    return tokens, sizes

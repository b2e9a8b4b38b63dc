"""E_Input of every row, and the numbers that all multi-task models share."""

from __future__ import annotations

from typing import Any

from ml_collections import ConfigDict

from camenn_tf.layers.item_tokens import ItemTokens
from camenn_tf.layers.row_tokens import RowTokens
from camenn_tf.models.embedded_fields import field_tokens
from camenn_tf.models.spec import ModelSpec

Tensors = dict[str, Any]


def row_tokens(config: ConfigDict, spec: ModelSpec, inputs: Tensors, states: Tensors) -> Tensors:
    """E_Input = Concat(E_Other, E_User, E_Target) of every row (eq. 3): what RowTokens gives."""
    return _row_tokens(config, spec, inputs, item_tokens(config, spec, states), places=False)[0]


def placed_row_tokens(config: ConfigDict, spec: ModelSpec, inputs: Tensors, states: Tensors) -> tuple[Tensors, int]:
    """The same with `place`, and how many places there are: N + 1 items and the tokens of fields."""
    return _row_tokens(config, spec, inputs, item_tokens(config, spec, states), places=True)


def item_tokens(config: ConfigDict, spec: ModelSpec, states: Tensors) -> Tensors:
    """Tokens of the distinct items (eqs. 1, 2)."""
    model = config.model
    return ItemTokens(
        model.embedding_size,
        spec.text_max_length,
        spec.image_patches,
        use_text=model.use_text,
        use_images=model.use_images,
        fixed_shapes=config.inputs.fixed_shapes,
        name="item_tokens",
    )(states)


def _row_tokens(
    config: ConfigDict, spec: ModelSpec, inputs: Tensors, items: Tensors, places: bool
) -> tuple[Tensors, int]:
    model, fixed = config.model, config.inputs.fixed_shapes
    sample_fields, item_fields = (
        field_tokens(config, fields, model.embedding_size, name, model.field_tokens)
        for fields, name in ((spec.sample_fields, "sample_field_tokens"), (spec.item_fields, "item_field_tokens"))
    )
    arguments = {
        "sample_tokens": sample_fields(inputs["fields"]),
        "item_field_tokens": item_fields(inputs["items_fields"]),
        "items": items,
        **{key: value for key, value in inputs.items() if key in ("history", "target") or key.startswith("alignment_")},
    }
    arguments.pop("alignment_task", None)
    rows = RowTokens(
        model.history_length + 1,
        context_fields=sample_fields.tokens_of("user", "context"),
        slot_embedding=model.slot_embedding,
        alignment_context=config.alignment.context,
        fixed_shapes=fixed,
        text_length=spec.text_max_length,
        patches=spec.image_patches,
        places=places,
        content_dropout=model.content_dropout,
        name="row_tokens",
    )(arguments)
    fields = arguments["sample_tokens"].shape[1] + arguments["item_field_tokens"].shape[1]
    return rows, model.history_length + 1 + fields

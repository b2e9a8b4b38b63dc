"""All fields of a sample and its target in one vector, where they meet before any attention."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.dice import Dice
from camenn_tf.models.embedded_fields import field_tokens
from camenn_tf.models.spec import ModelSpec


def field_summary(config: ConfigDict, spec: ModelSpec, inputs: dict[str, Any]) -> keras.KerasTensor | None:
    """Builds s = W f(U_2 f(U_1 [v_1, ..., v_F] + b_1) + b_2) + c, or None without `model.field_summary`.

    v are embeddings of its own, of `model.field_size` numbers, or E without that; U_1 has `model.field_summary` units,
    U_2 half as many; f is Dice. RowTokens adds s to the [CLS] that the tower for conversion reads: a residual path
    for what fields say, which attention would otherwise have to find in a few tokens among hundreds.

    Returns:
      [B, E].
    """
    model = config.model
    if not model.field_summary:
        return None
    size = model.field_size or model.embedding_size
    own = field_tokens(config, spec.sample_fields, size, "summary_sample_fields")(inputs["fields"])  # [B, Fb, size]
    items = field_tokens(config, spec.item_fields, size, "summary_item_fields")(inputs["items_fields"])  # [U, Fi, size]
    vectors = ops.concatenate([own, ops.take(items, inputs["target"], 0)], 1)
    hidden = ops.reshape(vectors, (-1, vectors.shape[1] * size))
    for number, units in enumerate((model.field_summary, max(model.field_summary // 2, 1)), 1):
        hidden = Dice(name=f"summary_dice_{number}")(keras.layers.Dense(units, name=f"summary_hidden_{number}")(hidden))
    return keras.layers.Dense(model.embedding_size, name="field_summary")(hidden)

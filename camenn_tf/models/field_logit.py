"""What all fields of a sample and its target say of conversion before any attention."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.dice import Dice
from camenn_tf.layers.pooled_content import PooledContent
from camenn_tf.models.embedded_fields import field_tokens
from camenn_tf.models.logit import logit
from camenn_tf.models.spec import ModelSpec


def field_logit(
    config: ConfigDict, spec: ModelSpec, inputs: dict[str, Any], states: dict[str, Any]
) -> keras.KerasTensor | None:
    """Builds z = w . f(U_2 f(U_1 [v_1, ..., v_F] + b_1) + b_2) + c, or None without `model.field_logit`.

    v are embeddings of its own, of `model.field_size` numbers, or E without that; U_1 has `model.field_logit` units,
    U_2 half as many; f is Dice. z is added to the logit of conversion, as the deep part of Wide & Deep is: the tower
    adds what items tell to what fields say, which it would otherwise have to find in a few tokens among hundreds.
    With `model.field_logit_content` the target's PooledContent stands among v as two more fields: what the alignment
    tasks teach the encoders then also meets every field directly. `content_dropout` and `image_dropout` are of the
    rows of tokens alone.

    Args:
      config: the whole configuration; section model is read.
      spec: sizes of the data.
      inputs: the model's inputs.
      states: those of the encoders (`encoder_states`).

    Returns:
      [B].
    """
    model = config.model
    if not model.field_logit:
        return None
    size = model.field_size or model.embedding_size
    own = field_tokens(config, spec.sample_fields, size, "logit_sample_fields")(inputs["fields"])  # [B, Fb, size]
    items = field_tokens(config, spec.item_fields, size, "logit_item_fields")(inputs["items_fields"])  # [U, Fi, size]
    if model.field_logit_content:
        items = ops.concatenate([items, PooledContent(size, name="logit_content")(states)], 1)
    vectors = ops.concatenate([own, ops.take(items, inputs["target"], 0)], 1)
    hidden = ops.reshape(vectors, (-1, vectors.shape[1] * size))
    for number, units in enumerate((model.field_logit, max(model.field_logit // 2, 1)), 1):
        hidden = keras.layers.Dense(units, name=f"logit_hidden_{number}")(hidden)
        hidden = Dice(name=f"logit_dice_{number}")(hidden)
    return logit(hidden, "field_logit")

"""BST: behaviour sequence transformer."""

from __future__ import annotations

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.behaviour_tokens import BehaviourTokens
from camenn_tf.layers.transformer_encoder import TransformerEncoder
from camenn_tf.models.baseline_fields import BaselineFields
from camenn_tf.models.baseline_parts import conversion_model, deep, flat
from camenn_tf.models.spec import ModelSpec


def bst(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y = sigmoid(MLP([fields, transformer(bought items and target)])), LeakyReLU (Chen et al. 2019, Figure 1).

    An item's token is its field vectors side by side, projected to E, with the embedding of its place: the paper's
    places are time gaps to the target, which this batch does not hold, so they count back from it. The outputs of all
    N + 1 places go on, those of empty places as zeros.

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model from a batch to `cvr` float32 [B].
    """
    fields = BaselineFields(config, spec, history=True)
    model = config.model
    items = keras.layers.Dense(model.embedding_size, name="item_token")(flat(fields.item_vectors(model.embedding_size)))
    rows = BehaviourTokens(model.history_length + 1, name="behaviour_tokens")(
        items, fields.inputs["target"], fields.inputs["history"]
    )
    tokens = rows["tokens"]
    for number in range(config.baseline.blocks):
        tokens = TransformerEncoder(
            model.num_heads,
            model.feed_forward,
            model.dropout,
            "post",
            activation="leaky_relu",
            name=f"block_{number + 1}",
        )({"tokens": tokens, "mask": rows["mask"]})
    places, size = model.history_length + 1, model.embedding_size
    kept = ops.reshape(tokens, (-1, places, size)) * ops.expand_dims(ops.cast(rows["mask"], tokens.dtype), -1)
    sample = fields.sample_vectors(size)
    return conversion_model("bst", fields.inputs, deep(config, fields, sample, flat(kept), "leaky_relu"))

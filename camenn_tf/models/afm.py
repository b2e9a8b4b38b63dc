"""AFM: attentional factorization machine."""

from __future__ import annotations

import keras
from ml_collections import ConfigDict

from camenn_tf.layers.attentional_interaction import AttentionalInteraction
from camenn_tf.models.baseline_fields import BaselineFields
from camenn_tf.models.baseline_parts import conversion_model
from camenn_tf.models.spec import ModelSpec


def afm(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y = sigmoid(w_0 + sum_i w_i + p . sum_{i<j} a_ij (v_i * v_j))    (Xiao et al. 2017, eq. 6).

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model from a batch to `cvr` float32 [B].
    """
    fields = BaselineFields(config, spec)
    vectors = fields.vectors(config.model.embedding_size)
    pairs = AttentionalInteraction(config.baseline.attention_size, config.model.dropout, name="attended_pairs")(vectors)
    return conversion_model("afm", fields.inputs, fields.linear(), pairs)

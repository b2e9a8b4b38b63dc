"""FM: factorization machine."""

from __future__ import annotations

import keras
from ml_collections import ConfigDict

from camenn_tf.layers.factorization_machine import FactorizationMachine
from camenn_tf.models.baseline_fields import BaselineFields
from camenn_tf.models.baseline_parts import conversion_model
from camenn_tf.models.spec import ModelSpec


def fm(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y = sigmoid(w_0 + sum_i w_i + sum_{i<j} <v_i, v_j>)    (Rendle 2010, eq. 1).

    Args:
      config: the whole configuration; E is model.embedding_size.
      spec: sizes of the data.

    Returns:
      A functional model from a batch to `cvr` float32 [B].
    """
    fields = BaselineFields(config, spec)
    pairs = FactorizationMachine(name="pairs")(fields.vectors(config.model.embedding_size))
    return conversion_model("fm", fields.inputs, fields.linear(), pairs)

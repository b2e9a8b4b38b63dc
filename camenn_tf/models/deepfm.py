"""DeepFM."""

from __future__ import annotations

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.factorization_machine import FactorizationMachine
from camenn_tf.models.baseline_fields import BaselineFields
from camenn_tf.models.baseline_parts import conversion_model, deep, flat
from camenn_tf.models.spec import ModelSpec


def deepfm(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y = sigmoid(y_FM + y_DNN), both on the same field vectors    (Guo et al. 2017, eqs. 1 to 4).

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model from a batch to `cvr` float32 [B].
    """
    fields = BaselineFields(config, spec)
    sample, target = fields.parts(config.model.embedding_size)
    pairs = FactorizationMachine(name="pairs")(ops.concatenate([sample, target], 1))
    return conversion_model("deepfm", fields.inputs, fields.linear(), pairs, deep(config, fields, sample, flat(target)))

"""xDeepFM."""

from __future__ import annotations

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.compressed_interaction import CompressedInteraction
from camenn_tf.models.baseline_fields import BaselineFields
from camenn_tf.models.baseline_parts import conversion_model, deep, flat
from camenn_tf.models.logit import logit
from camenn_tf.models.spec import ModelSpec


def xdeepfm(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y = sigmoid(w_linear . a + w_dnn . x_dnn + w_cin . p+ + b)    (Lian et al. 2018, eq. 9).

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model from a batch to `cvr` float32 [B].
    """
    fields = BaselineFields(config, spec)
    sample, target = fields.parts(config.model.embedding_size)
    maps = CompressedInteraction(config.baseline.cin_units, name="cin")(ops.concatenate([sample, target], 1))
    pairs = logit(maps, "cin_logit", use_bias=False)
    return conversion_model(
        "xdeepfm", fields.inputs, fields.linear(), pairs, deep(config, fields, sample, flat(target))
    )

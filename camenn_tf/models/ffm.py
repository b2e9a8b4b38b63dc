"""FFM: field-aware factorization machine."""

from __future__ import annotations

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.field_aware_interaction import FieldAwareInteraction
from camenn_tf.models.baseline_fields import BaselineFields
from camenn_tf.models.baseline_parts import conversion_model
from camenn_tf.models.spec import ModelSpec


def ffm(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y = sigmoid(w_0 + sum_i w_i + sum_{i<j} <v_{i,f_j}, v_{j,f_i}>) (Juan et al. 2016, eq. 4, linear).

    A value has one vector of `baseline.ffm_size` for each of the F fields, so k is far below E of the others.

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model from a batch to `cvr` float32 [B].
    """
    fields = BaselineFields(config, spec)
    size = config.baseline.ffm_size
    vectors = ops.reshape(fields.vectors(fields.count * size), (-1, fields.count, fields.count, size))
    return conversion_model(
        "ffm", fields.inputs, fields.linear(), FieldAwareInteraction(name="field_aware_pairs")(vectors)
    )

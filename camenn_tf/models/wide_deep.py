"""Wide & Deep."""

from __future__ import annotations

import keras
from ml_collections import ConfigDict

from camenn_tf.models.baseline_fields import BaselineFields
from camenn_tf.models.baseline_parts import conversion_model, deep, flat
from camenn_tf.models.spec import ModelSpec


def wide_deep(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y = sigmoid(w . x + MLP([v_1, ..., v_F]))    (Cheng et al. 2016, eq. 3).

    The wide part's cross-product transformations are the dataset's cross fields, what a user did with items like the
    target. Both parts have the one optimizer of all models here, where the paper has FTRL for the wide one.

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model from a batch to `cvr` float32 [B].
    """
    fields = BaselineFields(config, spec)
    sample, target = fields.parts(config.model.embedding_size)
    return conversion_model("wide_deep", fields.inputs, fields.linear(), deep(config, fields, sample, flat(target)))

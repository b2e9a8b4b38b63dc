"""DIN: deep interest network."""

from __future__ import annotations

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.activation_unit import ActivationUnit
from camenn_tf.models.baseline_fields import BaselineFields
from camenn_tf.models.baseline_parts import conversion_model, deep, flat
from camenn_tf.models.spec import ModelSpec


def din(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y = sigmoid(MLP([fields, v_U(A), v_A])), Dice in the MLP    (Zhou et al. 2018, Figure 2 and eq. 3).

    v_A are the target's field vectors side by side, v_U(A) the activation unit's sum over those of the bought items.
    All field vectors are regularised by `MiniBatchRegularization` (section 5.1) with `baseline.din_regularization`.

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model from a batch to `cvr` float32 [B].
    """
    fields = BaselineFields(config, spec, history=True, regularization=config.baseline.din_regularization)
    size = config.model.embedding_size
    items = flat(fields.item_vectors(size))  # [U, Fi E]
    candidate, (bought, mask) = fields.of_target(items), fields.of_history(items)
    interest = ActivationUnit(config.baseline.unit_sizes, name="activation_unit")(candidate, bought, mask)
    rest = ops.concatenate([interest, candidate], -1)
    return conversion_model("din", fields.inputs, deep(config, fields, fields.sample_vectors(size), rest, "dice"))

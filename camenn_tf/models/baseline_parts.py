"""Parts that several baselines share: the deep network, and the probability."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.dice import Dice
from camenn_tf.layers.field_dense import FieldDense
from camenn_tf.layers.half_precision import logit_type
from camenn_tf.layers.probability import Probability
from camenn_tf.models.baseline_fields import BaselineFields
from camenn_tf.models.logit import logit

FOLDED_FROM = 32  # numbers of a field's vector from which FieldDense is faster when folded (docs/decisions.md)

ACTIVATIONS = {
    "relu": lambda name: keras.layers.ReLU(name=name),
    "leaky_relu": lambda name: keras.layers.LeakyReLU(name=name),
    "dice": lambda name: Dice(name=name),
}


def flat(vectors: keras.KerasTensor) -> keras.KerasTensor:
    """[B, F, E] -> [B, F E]."""
    return ops.reshape(vectors, (-1, vectors.shape[1] * vectors.shape[2]))


def deep(
    config: ConfigDict,
    fields: BaselineFields,
    sample: keras.KerasTensor,
    rest: keras.KerasTensor,
    activation: str = "relu",
) -> keras.KerasTensor:
    """The multilayer perceptron of `baseline.hidden_units` on [sample, rest], dropout after each activation.

    Args:
      config: the whole configuration.
      fields: whose `sample_vectors` are read.
      sample: these vectors, [B, Fb, E].
      rest: what else it reads, [B, D].
      activation: key of ACTIVATIONS.

    Returns:
      Logits [B].
    """
    first, *further = config.baseline.hidden_units
    folded = sample.shape[2] >= FOLDED_FROM and not config.inputs.fixed_shapes and not _on_gpu()
    hidden = FieldDense(first, fields.sample_sizes, folded, name="hidden_1")(sample, fields.inputs["fields"], rest)
    for number, units in enumerate((first, *further), 1):
        if number > 1:
            hidden = keras.layers.Dense(units, name=f"hidden_{number}")(hidden)
        hidden = ACTIVATIONS[activation](f"{activation}_{number}")(hidden)
        hidden = keras.layers.Dropout(config.model.dropout, name=f"dropout_{number}")(hidden)
    return logit(hidden)


def _on_gpu() -> bool:
    """Whether products are so cheap that nothing is gained by fewer of them."""
    return bool(tf.config.list_logical_devices("GPU"))


def conversion_model(name: str, inputs: dict[str, keras.KerasTensor], *logits: keras.KerasTensor) -> keras.Model:
    """The sigmoid of the sum of logits [B], as a model to {"cvr": [B]}."""
    total = logits[0] if len(logits) == 1 else keras.layers.Add(dtype=logit_type(), name="logit_sum")(list(logits))
    return keras.Model(inputs, {"cvr": Probability(name="cvr")(total)}, name=name)

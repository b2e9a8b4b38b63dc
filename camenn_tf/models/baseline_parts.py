"""Parts that several baselines share: the deep network, and the probability."""

from __future__ import annotations

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.dice import Dice
from camenn_tf.layers.probability import Probability

ACTIVATIONS = {
    "relu": lambda name: keras.layers.ReLU(name=name),
    "leaky_relu": lambda name: keras.layers.LeakyReLU(name=name),
    "dice": lambda name: Dice(name=name),
}


def flat(vectors: keras.KerasTensor) -> keras.KerasTensor:
    """[B, F, E] -> [B, F E]."""
    return ops.reshape(vectors, (-1, vectors.shape[1] * vectors.shape[2]))


def deep(config: ConfigDict, inputs: keras.KerasTensor, activation: str = "relu") -> keras.KerasTensor:
    """The multilayer perceptron of `baseline.hidden_units`, dropout after each activation: [B, D] -> [B]."""
    hidden = inputs
    for number, units in enumerate(config.baseline.hidden_units, 1):
        hidden = keras.layers.Dense(units, name=f"hidden_{number}")(hidden)
        hidden = ACTIVATIONS[activation](f"{activation}_{number}")(hidden)
        hidden = keras.layers.Dropout(config.model.dropout, name=f"dropout_{number}")(hidden)
    return ops.squeeze(keras.layers.Dense(1, name="logit")(hidden), -1)


def conversion_model(name: str, inputs: dict[str, keras.KerasTensor], *logits: keras.KerasTensor) -> keras.Model:
    """The sigmoid of the sum of logits [B], as a model to {"cvr": [B]}."""
    total = logits[0] if len(logits) == 1 else keras.layers.Add(name="logit_sum")(list(logits))
    return keras.Model(inputs, {"cvr": Probability(name="cvr")(total)}, name=name)

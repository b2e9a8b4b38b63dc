"""The last layer of a network: its logit."""

from __future__ import annotations

import keras
from keras import ops

from camenn_tf.layers.half_precision import logit_type


def logit(hidden: keras.KerasTensor, name: str = "logit", use_bias: bool = True) -> keras.KerasTensor:
    """W . h + c in `logit_type`: [n, D] -> [n]."""
    return ops.squeeze(keras.layers.Dense(1, use_bias=use_bias, dtype=logit_type(), name=name)(hidden), -1)

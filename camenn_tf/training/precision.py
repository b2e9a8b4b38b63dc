"""Seeds, number formats and determinism: what must be set before a model is built."""

from __future__ import annotations

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.errors import UserError

PRECISIONS = ("float32", "mixed_bfloat16")


def set_precision(config: ConfigDict) -> None:
    """Takes `train.precision` as Keras's dtype policy. Raises UserError that names the known ones."""
    if config.train.precision not in PRECISIONS:
        raise UserError(f"train.precision is {config.train.precision!r}, expected one of {', '.join(PRECISIONS)}")
    keras.config.set_dtype_policy(config.train.precision)


def set_seeds(config: ConfigDict) -> None:
    """Seeds Python, NumPy, TensorFlow and Keras from `seed`; with `train.deterministic`, operations repeat exactly."""
    keras.utils.set_random_seed(config.seed)
    if config.train.deterministic:
        tf.config.experimental.enable_op_determinism()

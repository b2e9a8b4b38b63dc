"""The one way to run a model on a batch."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import tensorflow as tf


def model_inputs(model: keras.Model, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """The keys of a batch that the model reads.

    Keras matches a dict to inputs by position, not by name: one key more would silently shift all behind it.

    Raises:
      KeyError: the batch lacks an input.
    """
    return {tensor.name: batch[tensor.name] for tensor in model.inputs}


def call_model(model: keras.Model, batch: Mapping[str, tf.Tensor], training: bool) -> dict[str, tf.Tensor]:
    """The model's outputs by task, in float32: `cvr` [B] and `ita`, `tia` [A] where it has them, and its own losses."""
    outputs = model(model_inputs(model, batch), training=training)
    return {task: tf.cast(score, tf.float32) for task, score in outputs.items()}

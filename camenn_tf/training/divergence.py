"""A run whose numbers are not finite any more ends in words, and before they reach a checkpoint."""

from __future__ import annotations

import math

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.errors import UserError


def check_loss(loss: float, step: int, config: ConfigDict) -> None:
    """Raises UserError when a step's loss is not finite.

    Args:
      loss: the weighted sum of the tasks' losses.
      step: counted over all stages, from 1.
      config: section `optimizer` is read, for what to change.
    """
    if not math.isfinite(loss):
        raise UserError(_diverged(f"its loss is {loss}", step, config))


def check_weights_finite(model: keras.Model, step: int, config: ConfigDict) -> None:
    """The same when a weight of the model is not finite after a step."""
    for variable in model.weights:
        if not bool(tf.reduce_all(tf.math.is_finite(variable.value))):
            raise UserError(_diverged(f"{variable.path} holds values that are not finite", step, config))


def _diverged(what: str, step: int, config: ConfigDict) -> str:
    settings = config.optimizer
    return (
        f"training diverged at step {step}: {what}. Lower optimizer.learning_rate (now {settings.learning_rate}), "
        f"raise optimizer.warmup_steps (now {settings.warmup_steps}) or set optimizer.clip_norm (now "
        f"{settings.clip_norm}), and name another --output; what the run had before stays in its checkpoints"
    )

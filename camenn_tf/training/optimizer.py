"""Adam as the paper sets it, with decoupled weight decay and the learning rate's course."""

from __future__ import annotations

import math
import re
from typing import Any

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.training.fused_adam import FusedAdam

SCHEDULES = ("constant", "cosine")
# Biases, scales of norms and positions are offsets, not directions: shrinking them to 0 regularises nothing.
# (What NASNet calls "normal_..." are cells, not norms.)
UNDECAYED = re.compile(r"(^|[/_])(bias|beta|gamma|scale)$|norm(?!al_)|position|segment|slot", re.IGNORECASE)


@keras.saving.register_keras_serializable("camenn_tf")
class WarmUpSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise over the first steps, then a constant or a half cosine down to 0 at the last step.

    rate(t) = peak * min(1, (t + 1) / warmup_steps) * (1 or (1 + cos(pi * (t - warmup) / (total - warmup))) / 2).

    Args:
      peak: the highest rate.
      warmup_steps: length of the rise, 0 = none.
      total_steps: where the cosine ends.
      schedule: `constant` or `cosine`.
    """

    def __init__(self, peak: float, warmup_steps: int, total_steps: int, schedule: str = "constant") -> None:
        self.peak = peak
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.schedule = schedule

    def __call__(self, step: Any) -> Any:
        """The rate of step number `step` (from 0), a float32 scalar."""
        step = ops.cast(step, "float32")
        rate = ops.convert_to_tensor(self.peak, "float32")
        if self.warmup_steps > 0:
            rate = rate * ops.minimum(1.0, (step + 1.0) / self.warmup_steps)
        if self.schedule == "cosine":
            length = max(1, self.total_steps - self.warmup_steps)
            done = ops.clip((step - self.warmup_steps) / length, 0.0, 1.0)
            rate = rate * 0.5 * (1.0 + ops.cos(math.pi * done))
        return rate

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {
            "peak": self.peak,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
            "schedule": self.schedule,
        }


def make_optimizer(config: ConfigDict, model: keras.Model, total_steps: int) -> keras.optimizers.Optimizer:
    """Adam over the model's trainable variables, built, so that a checkpoint restores it at once.

    Decay is decoupled, w -= rate * weight_decay * w, and leaves out variables whose path matches `UNDECAYED`. Clipping
    is not Keras's: it would clip each replica's share of the gradient instead of their sum.

    Args:
      config: the whole configuration; section `optimizer` is read.
      model: whose variables; call it in the strategy's scope.
      total_steps: steps that it will make, where a cosine ends.
    """
    settings = config.optimizer
    rate = WarmUpSchedule(settings.learning_rate, settings.warmup_steps, total_steps, settings.schedule)
    optimizer = FusedAdam(
        rate, beta_1=settings.beta_1, beta_2=settings.beta_2, weight_decay=settings.weight_decay or None
    )
    optimizer.exclude_from_weight_decay([v for v in model.trainable_variables if not is_decayed(v.path)])
    optimizer.build(model.trainable_variables)
    return optimizer


def is_decayed(path: str) -> bool:
    """Whether weight decay applies to the variable of this Keras path (`layer/sublayer/kernel`)."""
    return UNDECAYED.search(path) is None

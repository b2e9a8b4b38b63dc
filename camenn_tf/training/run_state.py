"""What a checkpoint holds besides tensors, as one JSON text inside it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import tensorflow as tf

WARM_UP, JOINT = "warm_up", "joint"


@dataclasses.dataclass
class Position:
    """The next step to train.

    Attributes:
      stage: `warm_up` (items-alone alignment rows) or `joint`.
      epoch: of the joint stage, from 0.
      step: of the stage or epoch, from 0.
      total: steps of all stages and epochs done so far.
      evaluation: evaluations done so far.
    """

    stage: str = WARM_UP
    epoch: int = 0
    step: int = 0
    total: int = 0
    evaluation: int = 0


class RunState(tf.train.experimental.PythonState):
    """Position, early stopping, running sums and the evaluations so far; numbers come back exactly.

    Attributes:
      position: the next step.
      stopping: `best`, `wait`, `best_epoch` and `stopped_epoch` of `keras.callbacks.EarlyStopping`; empty before
        the first evaluation.
      meters: `Meters.state()`.
      evaluations: the logs of each evaluation.
      seconds: time spent in training, over all starts.
      speed: samples a second of the joint steps before the newest evaluation.
      finished: whether nothing is left to do.
    """

    def __init__(self) -> None:
        self.position = Position()
        self.stopping: dict[str, Any] = {}
        self.meters: dict[str, Any] = {}
        self.evaluations: list[dict[str, float]] = []
        self.seconds = 0.0
        self.speed = 0.0
        self.finished = False

    def serialize(self) -> str:
        """The JSON text."""
        return json.dumps({**vars_of(self), "position": dataclasses.asdict(self.position)})

    def deserialize(self, text: str | bytes) -> None:
        """Takes over a JSON text."""
        values = json.loads(text)
        self.position = Position(**values.pop("position"))
        for name, value in values.items():
            setattr(self, name, value)


def vars_of(state: RunState) -> dict[str, Any]:
    """The plain values of a state (TensorFlow's tracking hangs attributes of its own on the object)."""
    names = ("stopping", "meters", "evaluations", "seconds", "speed", "finished")
    return {name: getattr(state, name) for name in names}

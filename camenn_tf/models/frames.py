"""What the frames of Table 4 share with CameNN: rows, streams of rows to tasks, and as many weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
from ml_collections import ConfigDict

from camenn_tf.layers.half_precision import logit_type
from camenn_tf.layers.probability import Probability
from camenn_tf.layers.task_streams import AlignmentScores, TaskStreams
from camenn_tf.tasks import CVR, ITA, TIA

Tensors = dict[str, Any]


def tasks_of(config: ConfigDict) -> tuple[str, ...]:
    """`cvr` and the alignment tasks that are on."""
    return (CVR, *(task for task in (ITA, TIA) if config.alignment[task]))


def streams_of(config: ConfigDict, inputs: Tensors, rows: Tensors) -> dict[str, Tensors]:
    """The rows of each task."""
    layer = TaskStreams(tasks_of(config), config.inputs.fixed_shapes, name="task_streams")
    streams: dict[str, Tensors] = layer(rows, inputs["target"], inputs.get("alignment_task"))
    return streams


def frame_model(
    name: str,
    inputs: Tensors,
    streams: Mapping[str, Tensors],
    logits: Mapping[str, keras.KerasTensor],
    further: keras.KerasTensor | None,
) -> keras.Model:
    """Probabilities of each task's logits [n], those of alignment in the order of the alignment rows.

    `further` [B], that of all fields, is added to the logits of conversion.
    """
    outputs = {}
    for task, values in logits.items():
        if task == CVR and further is not None:
            values = keras.layers.Add(dtype=logit_type(), name="logit_sum")([values, further])
        scores = Probability(name=f"probability_{task}")(values)
        if task != CVR:
            scores = AlignmentScores(name=f"scores_{task}")(scores, streams[task]["place"], inputs["alignment_task"])
        outputs[task] = scores
    return keras.Model(inputs, outputs, name=name)


def trunk_weights(config: ConfigDict) -> int:
    """Weights of CameNN behind E_Input: bottom, experts, gates and towers."""
    model = config.model
    size, inner, tasks = model.embedding_size, model.feed_forward * model.embedding_size, len(tasks_of(config))
    encoder = (
        4 * size * size + 3 * size + 2 * size * inner + inner + size + 4 * size
    )  # attention, two layers, two norms
    printed = encoder if model.gate_position == "printed" else 0
    return (1 + model.num_experts + tasks) * encoder + printed + tasks * (size * model.num_experts + size + 1)


def width_for(target: int, weights: Callable[[int], int]) -> int:
    """The width whose number of weights, which grows with it, is nearest to the target."""
    width = 1
    while weights(width + 1) <= target:
        width += 1
    return min((width, width + 1), key=lambda size: abs(weights(size) - target))

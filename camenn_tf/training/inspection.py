"""What a model does inside: which experts its gates choose, and how alike its texts and images are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.inputs.alignment_pairs import AlignmentPairs, alignment_batches
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.models.alignment_states import alignment_states
from camenn_tf.training.call_model import model_inputs

_GATE = "gate_"
_NONE = -1  # no text, or no image


def gates(model: keras.Model, pipeline: BatchPipeline) -> Callable[[Iterable[dict]], dict[str, tuple]]:
    """A function from batches to {task: (experts int [n, k], probabilities [n, M])}, empty for a model without gates."""
    outputs = {}
    for layer in model.layers:
        if layer.name.startswith(_GATE):
            experts, probabilities, _ = layer.output  # the layer's dict, as Keras flattens it: by sorted key
            outputs[layer.name.removeprefix(_GATE)] = (experts, probabilities)
    if not outputs:
        return lambda batches: {}
    inner = keras.Model({tensor.name: tensor for tensor in model.inputs}, outputs)

    @tf.function(input_signature=[pipeline.element_spec], autograph=False)
    def call(batch: dict[str, tf.Tensor]) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        called: dict[str, tuple[tf.Tensor, tf.Tensor]] = inner(model_inputs(model, batch), training=False)
        return called

    def collect(batches: Iterable[dict]) -> dict[str, tuple]:
        parts = [call(batch) for batch in batches]
        return {
            task: tuple(np.concatenate([part[task][i].numpy() for part in parts]) for i in (0, 1)) for task in outputs
        }

    return collect


def item_states(
    model: keras.Model, pipeline: BatchPipeline, batch_size: int
) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """A function from (text rows [n], image rows [n]), -1 = none, to mean text and mean patch states [n, E] each."""
    states = tf.function(alignment_states(model), input_signature=[pipeline.element_spec], autograph=False)

    def compute(text_rows: np.ndarray, image_rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        pairs = AlignmentPairs(text_rows, image_rows, np.zeros(len(text_rows), np.float32))
        parts = [states(batch) for batch in alignment_batches(pairs, pipeline, batch_size)]
        text, image = (np.concatenate([part[i].numpy() for part in parts]).astype(np.float32) for i in (0, 1))
        return text, image

    return compute


def separate_states(
    compute: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]], rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Text states and image states [n, E] of catalogue rows, each from a row without the other: attention mixes them."""
    nothing = np.full(len(rows), _NONE)
    return compute(rows, nothing)[0], compute(nothing, rows)[1]


def spread_rows(pipeline: BatchPipeline, count: int, distinct: bool) -> np.ndarray:
    """Up to `count` catalogue rows with text and image, evenly over the catalogue; the same for every run of a dataset.

    Args:
      pipeline: whose catalogue.
      count: how many at most.
      distinct: no two with the same text, image or alignment class.
    """
    catalogue = pipeline.catalogue
    rows = np.flatnonzero(pipeline.complete & (catalogue.alignment_split == ""))
    if distinct:
        for group in (catalogue.text_group, catalogue.image_group, catalogue.class_group):
            values = group[rows]
            # Rows without a class (-1) are all different.
            values = np.where(values < 0, -1 - np.arange(len(values)), values)
            rows = rows[np.sort(np.unique(values, return_index=True)[1])]
    places = np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(np.int64)
    return np.asarray(rows[places]) if len(rows) else rows

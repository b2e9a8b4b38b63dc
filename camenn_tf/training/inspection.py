"""What a model does inside: which experts its gates choose, and how alike its texts and images are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.inputs.alignment_pairs import AlignmentPairs, alignment_batches
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.models.alignment_states import alignment_states
from camenn_tf.models.inspection import inspection_model
from camenn_tf.training.call_model import model_inputs

Batch = Mapping[str, tf.Tensor]

_EXPERTS = "_experts"
_NONE = -1  # no text, or no image


@dataclasses.dataclass(frozen=True)
class Gates:
    """What a task's gate did with n rows.

    Attributes:
      use: [M], share of the rows that each expert was chosen for; sums to k.
      probabilities: [n, M], before the choice.
    """

    use: np.ndarray
    probabilities: np.ndarray


def gates(model: keras.Model, pipeline: BatchPipeline) -> Callable[[Iterable[Batch]], dict[str, Gates]]:
    """A function from batches to what each task's gate did with their rows; empty for a model without gates."""
    inner = inspection_model(model)
    if inner is None:
        return lambda batches: {}
    tasks = [name.removesuffix(_EXPERTS) for name in inner.output if name.endswith(_EXPERTS)]

    @tf.function(input_signature=[pipeline.element_spec], autograph=False)
    def call(batch: Batch) -> dict[str, tf.Tensor]:
        called: dict[str, tf.Tensor] = inner(model_inputs(model, batch), training=False)
        return called

    def collect(batches: Iterable[Batch]) -> dict[str, Gates]:
        parts = [{name: value.numpy() for name, value in call(batch).items()} for batch in batches]
        found = {}
        for task in tasks if parts else ():
            experts = np.concatenate([part[f"{task}_experts"] for part in parts])
            probabilities = np.concatenate([part[f"{task}_probabilities"] for part in parts]).astype(np.float32)
            if len(experts):
                use = np.eye(probabilities.shape[1])[experts].sum(axis=1).mean(axis=0)
                found[task] = Gates(use, probabilities)
        return found

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
    """Text states and image states [n, E] of catalogue rows, each from a row without the other, which would mix in."""
    nothing = np.full(len(rows), _NONE)
    return compute(rows, nothing)[0], compute(nothing, rows)[1]


def spread_rows(pipeline: BatchPipeline, count: int, distinct: bool) -> np.ndarray:
    """Up to `count` catalogue rows with text and image, evenly over the catalogue, the same each time.

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

"""The (text, image) pairs on which alignment is judged: items alone, none of them seen in training."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from camenn_tf.inputs.batch_pipeline import BatchPipeline


@dataclasses.dataclass(frozen=True)
class AlignmentPairs:
    """Pairs with as many positives as negatives; each text and each image stands once in either.

    Attributes:
      text_rows: int64 [n], catalogue row of the text.
      image_rows: int64 [n], catalogue row of the image.
      label: float32 [n], 1 where text and image are of one item.
    """

    text_rows: np.ndarray
    image_rows: np.ndarray
    label: np.ndarray


def alignment_pairs(pipeline: BatchPipeline) -> AlignmentPairs:
    """The pairs of the pipeline's split (`validation` or `test`): deterministic, the same for every run of a dataset."""
    raise NotImplementedError


def alignment_batches(pairs: AlignmentPairs, pipeline: BatchPipeline, batch_size: int) -> tf.data.Dataset:
    """The pairs in order as batches of the pipeline's element_spec with B = 0, alignment_task 2, weight 1."""
    raise NotImplementedError

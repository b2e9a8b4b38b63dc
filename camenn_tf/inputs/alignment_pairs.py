"""The (text, image) pairs on which alignment is judged: items alone, none of them seen in training."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from camenn_tf.dataset.dataset_info import SplitInfo
from camenn_tf.inputs import stateless
from camenn_tf.inputs.alignment import AlignmentRows
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.derangement import derangement
from camenn_tf.inputs.untuned import untuned
from camenn_tf.tasks import ALONE, BOTH_TASKS

_READ_RECORDS = 4096


@dataclasses.dataclass(frozen=True)
class AlignmentPairs:
    """Pairs with as many positives as negatives; each text and each image stands once in either.

    So a judge of the text alone, or of the image alone, is right for exactly half of them.

    Attributes:
      text_rows: int64 [n], catalogue row of the text.
      image_rows: int64 [n], catalogue row of the image.
      label: float32 [n], 1 where text and image are of one item; a positive is followed by the negative of its image.
    """

    text_rows: np.ndarray
    image_rows: np.ndarray
    label: np.ndarray


def alignment_pairs(
    pipeline: BatchPipeline, items: np.ndarray | None = None, same_coarse_class: bool = False
) -> AlignmentPairs:
    """The pairs of the pipeline's split (`validation` or `test`): the same for every run on a dataset.

    The items are the catalogue rows set aside for the split (`alignment_split`) or, where the tables set none
    aside, the targets of the split's samples that were neither shown nor bought before the end of train; of these,
    the ones that have text and image, and not both of an item that train has: a good listed again is nothing new. A
    negative is a text with the image of an item of another text, image and
    class; items for which there is none are left out of positives and negatives alike.

    Args:
      pipeline: a split's batches.
      items: bool [catalogue rows], judge these only (for example the clean ones).
      same_coarse_class: donors are of the item's own coarse class (another apple, for an apple), which is harder.
    """
    catalogue = pipeline.catalogue
    judged = catalogue.alignment_split == pipeline.split
    if not judged.any():
        judged[targets(pipeline.directory, pipeline.info.splits[pipeline.split])] = True
        judged &= (catalogue.train_samples == 0) & (catalogue.train_purchases == 0)
    judged &= ~_like_trained(catalogue)
    judged &= pipeline.complete if items is None else pipeline.complete & items
    rows, rng = np.flatnonzero(judged), stateless.generator(stateless.PAIRS)
    if same_coarse_class:
        coarse = catalogue.coarse_group[rows]
        parts = [_with_donors(catalogue, rows[coarse == group], rng) for group in np.unique(coarse[coarse >= 0])]
    else:
        parts = [_with_donors(catalogue, rows, rng)]
    own, other = np.concatenate([np.zeros((2, 0), np.int64), *parts], axis=1)
    return AlignmentPairs(
        text_rows=np.stack([own, other], axis=1).reshape(-1),
        image_rows=np.repeat(own, 2),
        label=np.tile(np.asarray([1, 0], np.float32), own.size),
    )


def _like_trained(catalogue: Catalogue) -> np.ndarray:
    """Whether another row of the same text and image may be a positive of training: bool [catalogue rows]."""
    sold = (catalogue.alignment_split == "") & ((catalogue.train_samples > 0) | (catalogue.train_purchases > 0))
    trained = sold | (catalogue.alignment_split == "train")
    pair = catalogue.text_group * (catalogue.size + 1) + catalogue.image_group
    return np.isin(pair, pair[trained]) & ~trained


def _with_donors(catalogue: Catalogue, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The rows that have a donor among `rows`, and these donors: int64 [2, m]."""
    kept, donors = derangement(catalogue.alignment_groups(rows), rng)
    return np.stack([rows[kept], rows[donors]])


def targets(directory: str, split: SplitInfo) -> np.ndarray:
    """The distinct targets of a split's samples: int64 catalogue rows, rising."""
    paths = [os.path.join(directory, name) for name, _ in split.shards]
    feature = {"target": tf.io.FixedLenFeature([], tf.int64)}
    batches = tf.data.TFRecordDataset(paths).batch(_READ_RECORDS)
    seen = [np.unique(tf.io.parse_example(records, feature)["target"].numpy()) for records in batches]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *seen]))


def alignment_batches(pairs: AlignmentPairs, pipeline: BatchPipeline, batch_size: int) -> tf.data.Dataset:
    """The pairs in order as batches of the pipeline's element_spec with B = 0, task 2 (both), weight 1, items alone."""
    assembler, count = pipeline.assembler, len(pairs.label)

    def batches() -> Iterator[dict[str, np.ndarray]]:
        for first in range(0, count, batch_size):
            part = slice(first, first + batch_size)
            label = pairs.label[part]
            rows = AlignmentRows(
                owner=np.zeros(label.size, np.int64),
                sample=np.full(label.size, ALONE, np.int64),
                text_row=pairs.text_rows[part],
                image_row=pairs.image_rows[part],
                task=np.full(label.size, BOTH_TASKS, np.int64),
                label=label,
                weight=np.ones(label.size, np.float32),
            )
            yield assembler.assemble(pipeline.no_samples(), rows)

    return untuned(tf.data.Dataset.from_generator(batches, output_signature=pipeline.element_spec).prefetch(1))

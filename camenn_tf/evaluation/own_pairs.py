"""Scores of each item's own text and image: what a catalogue team reads to find faulty ones."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.evaluation.alignment import TASKS
from camenn_tf.evaluation.predictions import scorer
from camenn_tf.inputs.alignment_pairs import AlignmentPairs, alignment_batches
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.item_store import ItemStore
from camenn_tf.training.run import load_run


@dataclasses.dataclass(frozen=True)
class OwnPairs:
    """One entry an item that has text and image, in the order of the catalogue.

    Attributes:
      item_ids: n ids.
      fit: float64 [n], the mean of the tasks' probabilities that text and image are of one item.
      train_samples: int64 [n], samples of the train split that had the item as target.
    """

    item_ids: list[str]
    fit: npt.NDArray[np.float64]
    train_samples: npt.NDArray[np.int64]


def own_pair_scores(run_dir: str, dataset_dir: str = "", features_dir: str = "") -> OwnPairs | None:
    """Scores every item of the run's catalogue, alone; None for a model without alignment tasks.

    Args:
      run_dir: the run.
      dataset_dir: where the dataset lies now, if it has moved.
      features_dir: where the features lie now, if they have moved.

    Raises:
      UserError: no run, or other data.
    """
    run = load_run(run_dir, dataset_dir, features_dir)
    tasks = [task for task in TASKS if task in run.model.output]
    if not tasks:
        return None
    info, catalogue = load_dataset_info(run.dataset_dir), Catalogue.load(run.dataset_dir)
    keys = [tensor.name for tensor in run.model.inputs]
    store = ItemStore.open(run.features_dir)
    pipeline = BatchPipeline(info, run.dataset_dir, catalogue, store, run.config, "validation", keys)
    rows = np.flatnonzero(pipeline.complete)
    score = scorer(run.model, pipeline.element_spec)
    pairs = AlignmentPairs(rows, rows, np.ones(len(rows), np.float32))
    outputs = [score(batch) for batch in alignment_batches(pairs, pipeline, run.config.evaluate.batch_size)]
    by_task = np.stack([np.concatenate([out[task].numpy() for out in outputs]) for task in tasks])
    fit = by_task.astype(np.float64).mean(0)
    ids = list(catalogue.item_ids)
    return OwnPairs([ids[row] for row in rows], fit, catalogue.train_samples[rows])

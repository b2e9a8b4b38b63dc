"""Scores of each item's own text and image: what a catalogue team reads to find faulty ones."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from camenn_tf.evaluation.alignment_report import KEYS, alignment_tasks
from camenn_tf.evaluation.open_split import open_split
from camenn_tf.evaluation.pair_scores import pair_scores
from camenn_tf.evaluation.predictions import scorer
from camenn_tf.inputs.alignment_pairs import AlignmentPairs, alignment_batches
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


def own_pair_scores(run_dir: str) -> OwnPairs | None:
    """Scores every item of the run's catalogue, alone; None for a model without alignment tasks.

    Args:
      run_dir: the run.

    Raises:
      UserError: no run, or other data.
    """
    run = load_run(run_dir)
    tasks = alignment_tasks(run)
    if not tasks:
        return None
    pipeline = open_split(run, "validation", KEYS)
    catalogue, rows = pipeline.catalogue, np.flatnonzero(pipeline.complete)
    pairs = AlignmentPairs(rows, rows, np.ones(len(rows), np.float32))
    batches = alignment_batches(pairs, pipeline, run.config.evaluate.batch_size)
    _, scores = pair_scores(scorer(run.model, pipeline.element_spec), batches, tasks)
    fit = np.stack([scores[task] for task in tasks]).astype(np.float64).mean(0)
    return OwnPairs([str(catalogue.item_ids[row]) for row in rows], fit, catalogue.train_samples[rows])

"""Scores of alignment pairs, beside their labels."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Batch = Mapping[str, tf.Tensor]
Column = npt.NDArray[np.float32]
Name = TypeVar("Name", bound=Hashable)


def pair_scores(
    score: Callable[[Batch], Mapping[Name, tf.Tensor]], batches: Iterable[Batch], names: Sequence[Name]
) -> tuple[Column, dict[Name, Column]]:
    """Labels and scores of all pairs, in order.

    Args:
      score: from a batch to outputs [A] by name.
      batches: with `alignment_label` and `alignment_weight`; rows of weight 0 are filler and are dropped.
      names: the outputs to collect.

    Returns:
      Labels [n] and by name the scores [n], all of them empty where there are no pairs.
    """
    nothing = np.zeros(0, np.float32)
    labels, scores = [nothing], {name: [nothing] for name in names}
    for batch in batches:
        real = batch["alignment_weight"].numpy() > 0
        labels.append(batch["alignment_label"].numpy()[real])
        outputs = score(batch)
        for name, parts in scores.items():
            parts.append(outputs[name].numpy()[real])
    return np.concatenate(labels), {name: np.concatenate(parts) for name, parts in scores.items()}

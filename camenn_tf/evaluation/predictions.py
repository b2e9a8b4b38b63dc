"""Scores of a split's samples, beside what they are judged by."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping, Sequence

import keras
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

Column = npt.NDArray[np.int64]

# What a batch must bring beside the model's own inputs, for `predict`.
SAMPLE_KEYS = ("label", "weight", "sample", "user", "new_to_user", "target_row")


@dataclasses.dataclass(frozen=True)
class Predictions:
    """One row a sample; columns are int64 [n] but for the score.

    Attributes:
      sample: stable sample number (row of the events table).
      user: row of the users table.
      target: catalogue row.
      label: 1 bought, 0 not.
      new_to_user: 1 when the user has not bought the target before.
      cvr: float32 [n], the model's probability of a purchase.
    """

    sample: Column
    user: Column
    target: Column
    label: Column
    new_to_user: Column
    cvr: npt.NDArray[np.float32]


def scorer(
    model: keras.Model, spec: Mapping[str, tf.TensorSpec]
) -> Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]:
    """The model without dropout as one traced function of the batches' own spec, whatever their lengths.

    Args:
      model: functional, from the batch dict.
      spec: what the batches hold; keys that the model does not read are passed over.

    Returns:
      A function from a batch to the model's outputs in float32.
    """
    names = [tensor.name for tensor in model.inputs]
    signature = {name: spec[name] for name in names}

    @tf.function(input_signature=[signature])
    def score(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {name: tf.cast(value, tf.float32) for name, value in model(batch, training=False).items()}

    def call(batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        outputs: dict[str, tf.Tensor] = score({name: batch[name] for name in names})
        return outputs

    return call


def predict(
    score: Callable[[Mapping[str, tf.Tensor]], Mapping[str, tf.Tensor]],
    batches: Iterable[Mapping[str, tf.Tensor]],
    progress: Callable[[int], None] = lambda done: None,
) -> Predictions:
    """Scores every sample once; rows of weight 0 are filler and are dropped.

    Args:
      score: from a batch to outputs with `cvr` [B].
      batches: of the model's inputs and `SAMPLE_KEYS`.
      progress: told after each batch how many samples are done.

    Returns:
      The samples in the order of the batches.
    """
    parts: dict[str, list[npt.NDArray[np.float64]]] = {
        name: [] for name in ("sample", "user", "target", "label", "new_to_user", "cvr")
    }
    done = 0
    for batch in batches:
        real = batch["weight"].numpy() > 0
        columns = {name: batch[name] for name in ("sample", "user", "label", "new_to_user")}
        columns["target"], columns["cvr"] = batch["target_row"], score(batch)["cvr"]
        for name, column in columns.items():
            parts[name].append(column.numpy()[real])
        done += int(real.sum())
        progress(done)
    joined = {name: np.concatenate([np.zeros(0), *values]) for name, values in parts.items()}
    cvr = joined.pop("cvr").astype(np.float32)
    return Predictions(**{name: values.astype(np.int64) for name, values in joined.items()}, cvr=cvr)


def save_predictions(
    predictions: Predictions,
    path: str,
    item_ids: Sequence[str],
    user_ids: Sequence[str],
    slices: Mapping[str, npt.NDArray[np.bool_]],
) -> None:
    """Writes a Parquet file (sample, user, item, label, cvr, and one bool a slice) aside and renames it.

    Args:
      predictions: what `predict` gave.
      path: the file.
      item_ids: ids of the catalogue, in row order.
      user_ids: ids of the users table, in row order.
      slices: masks [n] by name, each a column of this name.
    """
    table = pa.table(
        {
            "sample": predictions.sample,
            "user": pa.array([user_ids[row] for row in predictions.user], pa.string()),
            "item": pa.array([item_ids[row] for row in predictions.target], pa.string()),
            "label": predictions.label,
            "cvr": predictions.cvr,
            **slices,
        }
    )
    aside = f"{path}.{os.getpid()}.part"  # another process may write the same split's
    pq.write_table(table, aside)
    os.replace(aside, path)

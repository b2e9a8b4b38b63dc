"""Validation: the model's scores of a whole split from all replicas, and exact metrics of them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf import metrics
from camenn_tf.errors import UserError
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.training.call_model import call_model
from camenn_tf.training.distribute import distribute, same_for_all

NO_PAIRS = (
    "the validation split has no pairs of text and image, and the model has nothing else to be judged by: set items "
    "aside for 'validation' in the column alignment_split of the items table"
)


def check_both_classes(samples: int, positives: int) -> None:
    """Raises UserError when these samples of the validation split have no AUC, for want of either class."""
    if not 0 < positives < samples:
        raise UserError(
            f"the validation split has {samples} samples to judge by, {positives} of them bought: no AUC; prepare the "
            "dataset with a larger prepare.validation_fraction (or an earlier prepare.validation_from), or raise "
            "train.max_validation_samples"
        )


def monitored(model: keras.Model) -> str:
    """The metric that early stopping watches: `val_cvr_auc`, or `val_alignment_auc` of a model without conversion."""
    return "val_cvr_auc" if "cvr" in model.output else "val_alignment_auc"


class Validator:
    """Computes CVR AUC and log loss over the validation split, ITA and TIA accuracy and AUC over pairs of items alone.

    A model without conversion is not run on the split's samples.

    Args:
      model: built in the strategy's scope.
      strategy: the devices.
      pipeline: of the validation split.
      pairs: the alignment batches (`alignment_pairs.alignment_batches`), None = the model has no such tasks.
      config: `train.max_validation_samples` and `evaluate.batch_size` are read.
    """

    def __init__(
        self,
        model: keras.Model,
        strategy: tf.distribute.Strategy,
        pipeline: BatchPipeline,
        pairs: tf.data.Dataset | None,
        config: ConfigDict,
    ) -> None:
        self._model = model
        self._strategy = strategy
        self._dataset = distribute(strategy, pipeline)
        self._steps = pipeline.steps_per_epoch
        if config.train.max_validation_samples:
            self._steps = min(self._steps, -(-config.train.max_validation_samples // config.evaluate.batch_size))
        self._pairs = None if pairs is None else same_for_all(strategy, pairs)
        signature = [self._dataset.element_spec]
        self._cvr_function = tf.function(self._predict_cvr, input_signature=signature, autograph=False)
        self._pairs_function = tf.function(self._predict_pairs, input_signature=signature, autograph=False)

    def __call__(self) -> dict[str, float]:
        """`val_cvr_auc`, `val_cvr_loss`, and `val_<task>_accuracy`, `val_<task>_auc` of ita and tia, given pairs.

        Of a model without conversion the latter, and `val_alignment_auc`, the mean AUC of the tasks that it has.

        Raises:
          UserError: the split does not hold both classes; or there are no pairs, and nothing else to judge by.
        """
        if "cvr" not in self._model.output:
            return self._alignment_alone()
        score, label = self._cvr()
        check_both_classes(len(label), int(np.count_nonzero(label)))
        logs = {"val_cvr_auc": metrics.auc(label, score), "val_cvr_loss": metrics.log_loss(label, score)}
        return {**logs, **self._alignment()}

    def _alignment_alone(self) -> dict[str, float]:
        logs = self._alignment()
        aucs = [logs[f"val_{task}_auc"] for task in ("ita", "tia") if task in self._model.output and logs]
        if not aucs:
            raise UserError(NO_PAIRS)
        return {**logs, "val_alignment_auc": float(np.mean(aucs))}

    def _cvr(self) -> tuple[np.ndarray, np.ndarray]:
        iterator = iter(self._dataset)
        parts = [self._cvr_function(next(iterator)).numpy() for _ in range(self._steps)]
        score, label, weight = np.concatenate(parts, axis=1)  # float32, by whose step `log_loss` clips
        return score[weight > 0], label[weight > 0]

    def _alignment(self) -> dict[str, float]:
        if self._pairs is None:
            return {}
        parts = [self._pairs_function(batch).numpy() for batch in self._pairs]
        if not parts:
            return {}
        ita, tia, label = np.concatenate(parts, axis=1)
        logs = {}
        for task, score in (("ita", ita), ("tia", tia)):
            if task not in self._model.output:
                continue
            logs[f"val_{task}_accuracy"] = float(np.mean((score >= 0.5) == (label >= 0.5)))
            logs[f"val_{task}_auc"] = metrics.auc(label, score)
        return logs

    def _predict_cvr(self, batch: Any) -> tf.Tensor:
        """Score, label and weight of all replicas' samples: [3, all B + replicas]."""

        def replica(batch: dict[str, tf.Tensor]) -> tf.Tensor:
            score = call_model(self._model, batch, training=False)["cvr"]
            # A row of weight 0 at the end: gathering nothing crashes.
            return tf.pad(tf.stack([score, batch["label"], batch["weight"]]), [[0, 0], [0, 1]])

        return self._strategy.gather(self._strategy.run(replica, args=(batch,)), axis=1)

    def _predict_pairs(self, batch: Any) -> tf.Tensor:
        """Scores of ita and tia and the labels, as one replica sees them: [3, A]."""

        def replica(batch: dict[str, tf.Tensor]) -> tf.Tensor:
            outputs = call_model(self._model, batch, training=False)
            nothing = tf.zeros_like(batch["alignment_label"])
            return tf.stack([outputs.get("ita", nothing), outputs.get("tia", nothing), batch["alignment_label"]])

        return self._strategy.experimental_local_results(self._strategy.run(replica, args=(batch,)))[0]

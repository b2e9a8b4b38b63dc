"""What a run writes for TensorBoard."""

from __future__ import annotations

import json
import os

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict
from tensorboard.plugins.hparams import api as hparams

from camenn_tf.inputs.alignment_pairs import alignment_batches, alignment_pairs
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.models.alignment_states import has_alignment_states
from camenn_tf.training import inspection
from camenn_tf.training.heat_map import cosine_similarity, draw_heat_map
from camenn_tf.training.progress import metric_name
from camenn_tf.training.projector_files import thumbnails_of, write_projector
from camenn_tf.training.run_directory import RunDirectory
from camenn_tf.training.validator import monitored

HEAT_MAP_ITEMS = 8
PROJECTOR_ITEMS = 500
GATE_BATCHES = 2  # validation batches that the gates are looked at with
_HPARAM_SECTIONS = ("model", "inputs", "alignment", "optimizer", "train")


class StepScalars(keras.callbacks.Callback):
    """Curves over steps: losses and metrics of training and of validation, learning rate, speed.

    Args:
      directory: TensorBoard's log directory; writes into `train` and `validation` below it.
      config: written as text and as hparams.
      matmul_rate: operations a second of this machine.
      flops_per_step: operations of a joint step, 0 = unknown: then no share of the matmul rate.
      warm_up_steps: steps before the joint ones.
    """

    def __init__(
        self, directory: str, config: ConfigDict, matmul_rate: float, flops_per_step: float, warm_up_steps: int
    ) -> None:
        super().__init__()
        self._train = tf.summary.create_file_writer(os.path.join(directory, "train"))
        self._validation = tf.summary.create_file_writer(os.path.join(directory, "validation"))
        self._root = tf.summary.create_file_writer(directory)
        self._config = config
        self._rate = matmul_rate
        self._flops = flops_per_step
        self._warm_up_steps = warm_up_steps
        self._step = 0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Writes the configuration."""
        text = json.dumps(self._config.to_dict(), indent=1, sort_keys=True, ensure_ascii=False)
        with self._root.as_default(step=0):
            tf.summary.text("configuration", "\n".join("    " + line for line in text.splitlines()))
            watched = monitored(self.model)
            hparams.hparams_config(
                hparams=[hparams.HParam(name) for name in self._hparams()],
                metrics=[hparams.Metric(_chart(watched), group="validation", display_name=metric_name(watched))],
            )
            hparams.hparams(self._hparams())

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Writes the running means and the speed."""
        self._step = batch + 1
        if not logs:
            return
        with self._train.as_default(step=self._step):
            _write_metrics(logs, prefix="")
            tf.summary.scalar("learning_rate", logs["learning_rate"])
            tf.summary.scalar("speed/samples_per_second", logs["samples_per_second"])
            if self._flops and self._step > self._warm_up_steps:
                share = self._flops * logs["steps_per_second"] / self._rate
                tf.summary.scalar("speed/share_of_matmul_rate", share)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Writes the validation metrics."""
        with self._validation.as_default(step=self._step):
            _write_metrics(logs or {}, prefix="val_")
        self._train.flush()
        self._validation.flush()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Closes the files."""
        for writer in (self._train, self._validation, self._root):
            writer.close()

    def _hparams(self) -> dict[str, bool | int | float | str]:
        values: dict[str, bool | int | float | str] = {"seed": self._config.seed}
        sections = [(name, self._config[name]) for name in _HPARAM_SECTIONS]
        for section, settings in sections:
            for name, value in settings.items():
                if isinstance(value, (bool, int, float, str)):
                    values[f"{section}.{name}"] = value
                else:
                    sections.append((f"{section}.{name}", value))  # such as alignment.weights
        return values


class ModelViews(keras.callbacks.Callback):
    """Views into the model at each evaluation: gate weights and expert use by task, text-image heat map; projector.

    Args:
      directory: TensorBoard's log directory; writes into `validation` and `projector` below it.
      pipeline: of the validation split.
      config: `evaluate.batch_size` is read.
    """

    def __init__(self, directory: str, pipeline: BatchPipeline, config: ConfigDict) -> None:
        super().__init__()
        self._directory = directory
        self._pipeline = pipeline
        self._batch_size = config.evaluate.batch_size
        self._writer = tf.summary.create_file_writer(os.path.join(directory, "validation"))
        self._step = 0

    def set_model(self, model: keras.Model) -> None:
        """Builds the views of this model."""
        super().set_model(model)
        self._gates = inspection.gates(model, self._pipeline)
        self._rows = np.zeros(0, np.int64)
        if has_alignment_states(model):
            self._states = inspection.item_states(model, self._pipeline, self._batch_size)
            self._rows = inspection.spread_rows(self._pipeline, HEAT_MAP_ITEMS, distinct=True)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Writes which items the heat map shows."""
        if len(self._rows):
            catalogue = self._pipeline.catalogue
            lines = [f"| {catalogue.item_ids[row]} | {catalogue.texts[row][:80]} |" for row in self._rows]
            with self._writer.as_default(step=0):
                tf.summary.text("heat_map_items", "\n".join(["| item | text |", "| --- | --- |", *lines]))

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Remembers the step."""
        self._step = batch + 1

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Writes gates and heat map."""
        with self._writer.as_default(step=self._step):
            for task, gates in self._gates(self._batches()).items():
                for expert, (use, weight) in enumerate(zip(gates.use, gates.probabilities.mean(axis=0), strict=True)):
                    tf.summary.scalar(f"expert_use_{task}/expert_{expert}", use)
                    tf.summary.scalar(f"gate_weight_{task}/expert_{expert}", weight)
                tf.summary.histogram(f"gate_weights/{task}", gates.probabilities)
            if len(self._rows):
                similarity = cosine_similarity(*inspection.separate_states(self._states, self._rows))
                names = [str(self._pipeline.catalogue.item_ids[row]) for row in self._rows]
                picture = draw_heat_map(similarity, [f"text {n}" for n in names], [f"image {n}" for n in names])
                tf.summary.image("text_image_similarity", picture[None])
                tf.summary.scalar("text_image_similarity/same_item", np.diag(similarity).mean())
                if len(names) > 1:
                    others = similarity[~np.eye(len(names), dtype=bool)]
                    tf.summary.scalar("text_image_similarity/other_items", others.mean())
        self._writer.flush()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Writes the projector of the weights that stay."""
        rows = inspection.spread_rows(self._pipeline, PROJECTOR_ITEMS, distinct=False)
        if len(self._rows) and len(rows):
            text, image = self._states(rows, rows)
            catalogue, info = self._pipeline.catalogue, self._pipeline.info
            columns = {
                "item": [str(value) for value in catalogue.item_ids[rows]],
                "text": [str(value) for value in catalogue.texts[rows]],
                "class": [str(value) for value in catalogue.alignment_class[rows]],
            }
            shards = [os.path.join(self._pipeline.directory, name) for name in info.catalogue_shards]
            vectors = np.concatenate([text, image], axis=1)
            write_projector(os.path.join(self._directory, "projector"), vectors, columns, thumbnails_of(shards, rows))
        self._writer.close()

    def _batches(self) -> list[dict[str, tf.Tensor]]:
        batches = list(self._pipeline.dataset().take(GATE_BATCHES))
        if "alignment_text" in self._pipeline.element_spec:
            pairs = alignment_pairs(self._pipeline)
            batches += list(alignment_batches(pairs, self._pipeline, self._batch_size).take(GATE_BATCHES))
        return batches


def tensorboard_callbacks(
    config: ConfigDict,
    run: RunDirectory,
    validation: BatchPipeline,
    matmul_rate: float,
    flops_per_step: float,
    warm_up_steps: int,
) -> list[keras.callbacks.Callback]:
    """All that writes below `tensorboard/` of a run: Keras's own callback, `StepScalars` and `ModelViews`."""
    directory = os.path.join(run.path, "tensorboard")
    return [
        keras.callbacks.TensorBoard(directory, write_graph=False),
        StepScalars(directory, config, matmul_rate, flops_per_step, warm_up_steps),
        ModelViews(directory, validation, config),
    ]


def _write_metrics(logs: dict[str, float], prefix: str) -> None:
    """`val_cvr_auc` becomes `auc/cvr`, `loss` becomes `loss/all`: training and validation share a chart."""
    for name, value in logs.items():
        if not name.startswith(prefix) or (not prefix and name.startswith("val_")):
            continue
        if name.rpartition("_")[2] in ("loss", "auc", "accuracy"):
            tf.summary.scalar(_chart(name.removeprefix(prefix)), value)


def _chart(name: str) -> str:
    task, _, metric = name.removeprefix("val_").rpartition("_")
    return f"{metric}/{task or 'all'}"

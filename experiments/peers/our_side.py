"""One of our models through a pass, in a process of its own: python -m experiments.peers.our_side JOB.json.

Samples come from TFRecords through `BatchPipeline`, steps are the trainer's `TrainStep`. The job is what
`experiments.peers.compare` writes; what was measured goes to `<output>.json`, the validation scores to `<output>.npz`.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo, load_dataset_info
from camenn_tf.encoders.features_info import load_features_info
from camenn_tf.errors import UserError
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.item_store import ItemStore
from camenn_tf.inputs.selected_fields import selected_fields
from camenn_tf.models import MODELS, ModelSpec
from camenn_tf.training.call_model import call_model
from camenn_tf.training.distribute import distribute
from camenn_tf.training.losses import joint_weights
from camenn_tf.training.precision import set_precision, set_seeds
from camenn_tf.training.strategy import make_strategy
from camenn_tf.training.train_run import LABEL_KEYS
from camenn_tf.training.train_step import TrainStep
from experiments.peers.settings import our_config
from experiments.step_timing import peak_bytes


def run(job: dict[str, Any]) -> None:
    """Trains on the job's number of samples, scores the validation split, writes both files."""
    started = time.perf_counter()
    info = load_dataset_info(job["dataset"])
    config = our_config(job["model"], info)
    strategy = make_strategy("one_device")
    set_precision(config)
    set_seeds(config)
    with strategy.scope():
        model = MODELS[job["model"]](config, _spec(config, info, job["features"]))
    catalogue, store = Catalogue.load(job["dataset"]), ItemStore.open(job["features"])
    keys = [tensor.name for tensor in model.inputs] + list(LABEL_KEYS)
    train, validation = (
        BatchPipeline(info, job["dataset"], catalogue, store, config, split, keys) for split in ("train", "validation")
    )
    steps = -(-job["samples"]["train"] // config.inputs.batch_size)
    tasks = joint_weights(config, model.output)
    step = TrainStep(model, strategy, distribute(strategy, train).element_spec, config, tasks, steps)
    data = iter(distribute(strategy, train))
    step(next(data)).numpy()  # mostly tracing
    first = time.perf_counter()
    cpu = time.process_time()
    totals = tf.zeros(())
    for _ in range(steps - 1):
        totals = step(next(data))
    totals.numpy()
    seconds, cpu_seconds = time.perf_counter() - first, time.process_time() - cpu
    del data
    score, label = _scores(model, strategy, validation, job["samples"]["validation"])
    samples = job["samples"]["train"] - config.inputs.batch_size
    result = {
        "samples_per_second": samples / seconds,
        "cpu_seconds_per_1000_samples": 1000 * cpu_seconds / samples,
        "training_seconds": seconds,
        "seconds_in_all": time.perf_counter() - started,
        "peak_bytes": peak_bytes(),
        "weights": model.count_params(),
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }
    np.savez(f"{job['output']}.npz", score=score, label=label)
    with open(f"{job['output']}.json", "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)


def _spec(config: ConfigDict, info: DatasetInfo, features_dir: str) -> ModelSpec:
    """What the models read: fields. No texts and no pictures, so no encoder is loaded, frozen or not."""
    fields, features = selected_fields(info, config), load_features_info(features_dir)
    if config.model.name == "mmoe" and (features.text.kind, features.image.kind) != ("states", "features"):
        raise UserError(f"{features_dir}: an encoder trains along; for mmoe name features of frozen encoders")
    return ModelSpec(
        sample_fields=fields.sample_fields,
        item_fields=fields.item_fields,
        text_kind="states",
        text_dim=features.text.dim,
        text_max_length=features.text.max_length,
        image_kind="features",
        image_patches=features.image.patches,
        image_dim=features.image.dim,
    )


def _scores(
    model: keras.Model, strategy: tf.distribute.Strategy, pipeline: BatchPipeline, samples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Scores and labels of the split's first samples, in its own order."""

    @tf.function(input_signature=[distribute(strategy, pipeline).element_spec], autograph=False)
    def predict(batch: dict[str, tf.Tensor]) -> tf.Tensor:
        return call_model(model, batch, training=False)["cvr"]

    parts: list[tuple[np.ndarray, np.ndarray]] = []
    found = 0
    for batch in distribute(strategy, pipeline):
        real = batch["weight"].numpy() > 0
        parts.append((predict(batch).numpy()[real], batch["label"].numpy()[real]))
        found += int(real.sum())
        if found >= samples:
            break
    score, label = (np.concatenate(part)[:samples] for part in zip(*parts, strict=True))
    return score, label


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as job_file:
        run(json.load(job_file))

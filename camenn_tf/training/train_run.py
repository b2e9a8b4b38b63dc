"""A whole training run: data, model, callbacks, loop."""

from __future__ import annotations

import os

import keras
import tensorflow as tf
from absl import logging
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo, load_dataset_info
from camenn_tf.encoders.factory import load_encoders
from camenn_tf.encoders.features_check import check_features
from camenn_tf.encoders.features_info import load_features_info
from camenn_tf.inputs.alignment_pairs import AlignmentPairs, alignment_batches, alignment_pairs
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.item_store import ItemStore
from camenn_tf.models import MODELS
from camenn_tf.models.flops import field_token_counts, row_counts, step_flops
from camenn_tf.models.spec import ModelSpec
from camenn_tf.training import losses
from camenn_tf.training.hardware import matmul_rate
from camenn_tf.training.losses import warm_up_steps
from camenn_tf.training.precision import set_precision, set_seeds
from camenn_tf.training.progress import Progress, metric_name
from camenn_tf.training.run import fingerprints, model_spec
from camenn_tf.training.run_directory import RunDirectory
from camenn_tf.training.settings import check_run, check_settings
from camenn_tf.training.strategy import is_chief, make_strategy, worker_count
from camenn_tf.training.tensorboard import tensorboard_callbacks
from camenn_tf.training.trainer import Trainer
from camenn_tf.training.validator import Validator, monitored

LABEL_KEYS = ("label", "weight")
ALIGNMENT_KEYS = ("alignment_task", "alignment_label", "alignment_weight")
FLOPS_BATCHES = 3


def train_run(config: ConfigDict, dataset_dir: str, features_dir: str, run_dir: str, logical_cpus: int = 0) -> None:
    """Trains a run, goes on with one that was stopped, or says that it is finished.

    Args:
      config: the resolved configuration.
      dataset_dir: the prepared dataset.
      features_dir: its encoded items.
      run_dir: where the run is, or will be.
      logical_cpus: see `make_strategy`.

    Raises:
      UserError: settings or data that do not go together.
    """
    # All of it before there is a run: settings that cannot work must not bind its directory.
    check_settings(config)
    strategy = make_strategy(config.train.strategy, logical_cpus)
    chief = is_chief(strategy)
    check_features(features_dir, dataset_dir, config.encode)
    set_precision(config)
    set_seeds(config)
    info = load_dataset_info(dataset_dir)
    spec, model = build_model(config, info, dataset_dir, features_dir, strategy)
    train, validation = build_pipelines(config, info, dataset_dir, features_dir, model)
    pairs = alignment_pairs(validation) if losses.trains_alignment(config, model.output) else None
    check_run(config, model.output, train, validation, pairs, strategy.num_replicas_in_sync)
    run = RunDirectory(run_dir)
    sources = {"dataset": os.path.abspath(dataset_dir), "features": os.path.abspath(features_dir)}
    run.create_or_open(config, {**sources, **fingerprints(dataset_dir, features_dir)}, chief)
    if run.finished():
        logging.info("%s: training is finished already, nothing to do (name another --output to train anew)", run.path)
        return
    with run.held(chief):
        _train(config, run, strategy, spec, model, train, validation, pairs)


def _train(
    config: ConfigDict,
    run: RunDirectory,
    strategy: tf.distribute.Strategy,
    spec: ModelSpec,
    model: keras.Model,
    train: BatchPipeline,
    validation: BatchPipeline,
    pairs: AlignmentPairs | None,
) -> None:
    logging.info(
        "%s: %d weights, %d replicas (%s)", config.model.name, model.count_params(), strategy.num_replicas_in_sync,
        type(strategy).__name__,
    )  # fmt: skip
    judged = None if pairs is None else alignment_batches(pairs, validation, config.evaluate.batch_size)
    validator = Validator(model, strategy, validation, judged, config)
    callbacks = _callbacks(config, run, train, validation, spec, model) if is_chief(strategy) else []
    best = Trainer(config, model, train, validator, run, strategy, callbacks).fit()
    watched = monitored(model)
    logging.info("best %s %.4f; weights in %s", metric_name(watched), best[watched], run.path)


def build_model(
    config: ConfigDict, info: DatasetInfo, dataset_dir: str, features_dir: str, strategy: tf.distribute.Strategy
) -> tuple[ModelSpec, keras.Model]:
    """The model that the configuration names, for these data, in the strategy's scope."""
    text, image = load_encoders(features_dir)
    with strategy.scope():
        # Encoders that train along make their variables here, too.
        spec = model_spec(config, info, dataset_dir, load_features_info(features_dir), text, image)
        return spec, MODELS[config.model.name](config, spec)


def _callbacks(
    config: ConfigDict,
    run: RunDirectory,
    train: BatchPipeline,
    validation: BatchPipeline,
    spec: ModelSpec,
    model: keras.Model,
) -> list[keras.callbacks.Callback]:
    rate = matmul_rate("bfloat16" if config.train.precision == "mixed_bfloat16" else "float32")
    logging.info("this machine multiplies matrices at %.0f GFLOP/s", rate / 1e9)
    flops = _flops_per_step(config, train, spec) / worker_count()  # of this machine, as the rate
    warm_up, steps = warm_up_steps(config, model.output), train.steps_per_epoch
    return [
        Progress(warm_up, steps, warm_up + config.train.epochs * steps),
        *tensorboard_callbacks(config, run, validation, rate, flops, warm_up),
    ]


def _flops_per_step(config: ConfigDict, train: BatchPipeline, spec: ModelSpec) -> float:
    """Mean matmul operations of the first joint steps; 0 for a model whose operations are not counted."""
    if config.model.name != "camenn":
        return 0.0
    context, fields = field_token_counts(config, spec)
    batches = train.dataset().take(FLOPS_BATCHES).as_numpy_iterator()
    counts = [row_counts(batch, config, context, fields, spec.image_patches) for batch in batches]
    return sum(step_flops(config, count, spec) for count in counts) / len(counts)


def build_pipelines(
    config: ConfigDict, info: DatasetInfo, dataset_dir: str, features_dir: str, model: keras.Model
) -> tuple[BatchPipeline, BatchPipeline]:
    """The batches that the model reads and is judged by, of train and of validation."""
    catalogue, store = Catalogue.load(dataset_dir), ItemStore.open(features_dir)
    keys = [tensor.name for tensor in model.inputs] + list(LABEL_KEYS)
    if losses.trains_alignment(config, model.output):
        keys += [key for key in ALIGNMENT_KEYS if key not in keys]
    train, validation = (
        BatchPipeline(info, dataset_dir, catalogue, store, config, split, keys) for split in ("train", "validation")
    )
    return train, validation

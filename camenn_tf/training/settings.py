"""What is wrong with a training configuration is said before there is a run that is bound to it."""

from __future__ import annotations

from collections.abc import Mapping

from ml_collections import ConfigDict

from camenn_tf.bounds import check_at_least, check_shares
from camenn_tf.errors import UserError
from camenn_tf.inputs.alignment_pairs import AlignmentPairs
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.models import MODELS
from camenn_tf.training.losses import check_weights, joint_weights, warm_up_steps
from camenn_tf.training.optimizer import SCHEDULES
from camenn_tf.training.train_step import check_jit
from camenn_tf.training.validator import NO_PAIRS, check_both_classes

_AT_LEAST = {
    "train": {
        "epochs": 1,
        "evaluations_per_epoch": 1,
        "patience": 0,
        "checkpoint_steps": 1,
        "keep_checkpoints": 1,
        "tensorboard_steps": 1,
        "max_validation_samples": 0,
    },
    "optimizer": {"learning_rate": 0, "weight_decay": 0, "warmup_steps": 0, "clip_norm": 0},
    "alignment": {"warmup_steps": 0, "warmup_batch_size": 1},
    "evaluate": {"batch_size": 1},
    "model": {
        "embedding_size": 1,
        "num_heads": 1,
        "feed_forward": 1,
        "num_experts": 1,
        "history_length": 0,
        "field_size": 0,
        "group_hidden": 0,
        "field_logit": 0,
    },
    "inputs": {"shuffle_buffer": 0, "prefetch": 0},
    "baseline": {"ffm_size": 1, "attention_size": 1, "blocks": 1, "din_regularization": 0},
    "export": {"version": 1, "max_items": 0},
}
_SHARES = {  # at least 0 and below 1: what is left out is never all there is
    "model": ("dropout", "image_dropout"),
    "alignment": ("label_smoothing",),
    "optimizer": ("average", "beta_1", "beta_2"),
}
_WIDTHS = ("hidden_units", "cin_units", "unit_sizes")  # of section baseline: one width a layer


def check_settings(config: ConfigDict) -> None:
    """Raises UserError that names key and value; layers and pipelines check what they are made of themselves."""
    if config.model.name not in MODELS:
        raise UserError(f"model.name is {config.model.name!r}, expected one of {', '.join(sorted(MODELS))}")
    if config.seed < 0:
        raise UserError(f"seed is {config.seed}, expected at least 0")
    for section, bounds in _AT_LEAST.items():
        check_at_least(section, config[section], bounds)
    for section, keys in _SHARES.items():
        check_shares(section, config[section], keys)
    if not 0 <= config.model.content_dropout <= 1:
        raise UserError(f"model.content_dropout is {config.model.content_dropout}, expected 0 to 1")
    schedule = config.optimizer.schedule
    if schedule not in SCHEDULES:
        raise UserError(f"optimizer.schedule is {schedule!r}, expected one of {', '.join(SCHEDULES)}")
    if config.model.field_logit_content and not config.model.field_logit:
        raise UserError("model.field_logit_content is True, but there is no perceptron: model.field_logit is 0")
    _check_baseline(config)
    if config.train.jit_compile:
        check_jit(config)
    check_weights(config)


def check_run(
    config: ConfigDict,
    outputs: Mapping[str, object],
    train: BatchPipeline,
    validation: BatchPipeline,
    pairs: AlignmentPairs | None,
    replicas: int,
) -> None:
    """Raises UserError for settings that do not go with the model's outputs, the data or so many replicas.

    Args:
      config: passed `check_settings`.
      outputs: of the model, by task.
      train, validation: the batches that it is trained and judged on.
      pairs: of the validation split, None = the model has no such tasks.
      replicas: of all workers.
    """
    if config.train.jit_compile:
        check_jit(config, replicas)
    if not joint_weights(config, outputs):
        raise UserError(
            f"model.name={config.model.name} has no task to train: of its outputs ({', '.join(sorted(outputs))}) "
            "alignment.weights, alignment.ita and alignment.tia leave none with a weight above 0"
        )
    if "cvr" in outputs:
        split = validation.info.splits["validation"]
        check_both_classes(split.samples, split.positives)
    elif pairs is None or not pairs.label.size:
        raise UserError(NO_PAIRS)
    for pipeline in (train, validation):
        pipeline.dataset(replica=replicas - 1, replicas=replicas)
    if warm_up_steps(config, outputs):
        train.warmup_dataset(replica=replicas - 1, replicas=replicas)


def _check_baseline(config: ConfigDict) -> None:
    for key in _WIDTHS:
        widths = config.baseline[key]
        if not widths or not all(isinstance(width, int) and width >= 1 for width in widths):
            raise UserError(f"baseline.{key} is {tuple(widths)}, expected a width for each layer, whole and at least 1")
    size, heads = config.model.embedding_size, config.model.num_heads
    if config.model.name == "bst" and size % heads:
        raise UserError(f"model.num_heads={heads} does not divide model.embedding_size={size}, as bst needs")

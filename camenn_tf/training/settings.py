"""What is wrong with a training configuration is said before there is a run that is bound to it."""

from __future__ import annotations

from ml_collections import ConfigDict

from camenn_tf.bounds import check_at_least, check_shares
from camenn_tf.errors import UserError
from camenn_tf.models import MODELS
from camenn_tf.training.losses import check_weights
from camenn_tf.training.optimizer import SCHEDULES
from camenn_tf.training.train_step import check_jit

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
    "model": {"field_size": 0, "group_hidden": 0, "field_logit": 0},
    "baseline": {"ffm_size": 1, "attention_size": 1, "blocks": 1, "din_regularization": 0},
    "export": {"version": 1, "max_items": 0},
}
_SHARES = {  # at least 0 and below 1: what is left out is never all there is
    "model": ("dropout", "image_dropout"),
    "alignment": ("label_smoothing",),
    "optimizer": ("average",),
}
_WIDTHS = ("hidden_units", "cin_units", "unit_sizes")  # of section baseline: one width a layer


def check_settings(config: ConfigDict) -> None:
    """Raises UserError that names key and value; layers and pipelines check what they are made of themselves."""
    if config.model.name not in MODELS:
        raise UserError(f"model.name is {config.model.name!r}, expected one of {', '.join(sorted(MODELS))}")
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


def _check_baseline(config: ConfigDict) -> None:
    for key in _WIDTHS:
        widths = config.baseline[key]
        if not widths or not all(isinstance(width, int) and width >= 1 for width in widths):
            raise UserError(f"baseline.{key} is {tuple(widths)}, expected a width for each layer, whole and at least 1")
    size, heads = config.model.embedding_size, config.model.num_heads
    if config.model.name == "bst" and (heads < 1 or size % heads):
        raise UserError(f"model.num_heads={heads} does not divide model.embedding_size={size}, as bst needs")

from __future__ import annotations

from typing import Any

import pytest

from camenn_tf.config import default_config, override
from camenn_tf.errors import UserError
from camenn_tf.training.settings import check_settings
from camenn_tf.training.train_step import check_jit


def test_the_default_and_zero_rates_pass() -> None:
    check_settings(default_config())
    config = default_config()
    override(config, {"optimizer": {"learning_rate": 0.0, "warmup_steps": 0}, "train": {"patience": 0}})
    check_settings(config)


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("model", "name", "camel", "model.name is 'camel', expected one of afm, bst, camenn"),
        ("train", "epochs", 0, "train.epochs is 0, expected at least 1"),
        ("train", "keep_checkpoints", 0, "train.keep_checkpoints is 0, expected at least 1"),
        ("train", "checkpoint_steps", -3, "train.checkpoint_steps is -3, expected at least 1"),
        ("optimizer", "learning_rate", float("nan"), "optimizer.learning_rate is nan, expected at least 0"),
        ("optimizer", "schedule", "linear", "optimizer.schedule is 'linear', expected one of constant, cosine"),
        ("alignment", "warmup_batch_size", 0, "alignment.warmup_batch_size is 0, expected at least 1"),
        ("alignment", "label_smoothing", 1.0, "alignment.label_smoothing is 1.0, expected at least 0 and below 1"),
        ("model", "image_dropout", 1.0, "model.image_dropout is 1.0, expected at least 0 and below 1"),
        ("model", "dropout", -0.1, "model.dropout is -0.1, expected at least 0 and below 1"),
        ("model", "content_dropout", 1.5, "model.content_dropout is 1.5, expected 0 to 1"),
        ("model", "field_logit_content", True, "no perceptron: model.field_logit is 0"),
        ("model", "field_logit", -1, "model.field_logit is -1, expected at least 0"),
        ("train", "jit_compile", True, "inputs.fixed_shapes"),
        ("export", "version", 0, "export.version is 0, expected at least 1"),
        ("baseline", "ffm_size", 0, "baseline.ffm_size is 0, expected at least 1"),
        ("baseline", "attention_size", -1, "baseline.attention_size is -1, expected at least 1"),
        ("baseline", "blocks", 0, "baseline.blocks is 0, expected at least 1"),
        ("baseline", "din_regularization", -0.1, "baseline.din_regularization is -0.1, expected at least 0"),
        ("baseline", "hidden_units", (), r"baseline.hidden_units is \(\), expected a width for each layer"),
        ("baseline", "cin_units", (8, 0), r"baseline.cin_units is \(8, 0\), .* whole and at least 1"),
        ("baseline", "unit_sizes", (80, -40), r"baseline.unit_sizes is \(80, -40\), expected"),
        ("baseline", "unit_sizes", (80, 0.5), r"baseline.unit_sizes is \(80, 0.5\), .* whole"),
    ],
)
def test_a_wrong_value_is_named(section: str, key: str, value: Any, message: str) -> None:
    config = default_config()
    override(config, {section: {key: value}})
    with pytest.raises(UserError, match=message):
        check_settings(config)


@pytest.mark.parametrize("heads", [5, 0])
def test_heads_that_do_not_divide_the_embedding_are_named(heads: int) -> None:
    config = default_config()
    override(config, {"model": {"name": "bst", "num_heads": heads}})
    with pytest.raises(UserError, match=f"model.num_heads={heads} does not divide model.embedding_size=128"):
        check_settings(config)
    override(config, {"model": {"name": "fm"}})
    check_settings(config)  # it has none


@pytest.mark.parametrize("model", [{"name": "din"}, {"name": "camenn", "field_logit": 8}])
def test_compiled_replicas_cannot_take_moments_together(model: dict[str, Any]) -> None:
    config = default_config()
    override(config, {"model": {**model, "experts_per_task": 4}, "inputs": {"fixed_shapes": True}})
    check_jit(config, replicas=1)
    with pytest.raises(UserError, match=r"on 2 replicas: Dice, .*model.field_logit \(now \d"):
        check_jit(config, replicas=2)
    override(config, {"model": {"name": "camenn", "field_logit": 0}})
    check_jit(config, replicas=2)

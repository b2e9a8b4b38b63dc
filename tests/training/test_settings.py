from __future__ import annotations

from typing import Any

import pytest

from camenn_tf.config import default_config, override
from camenn_tf.errors import UserError
from camenn_tf.training.settings import check_settings


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
        ("train", "jit_compile", True, "inputs.fixed_shapes"),
    ],
)
def test_a_wrong_value_is_named(section: str, key: str, value: Any, message: str) -> None:
    config = default_config()
    override(config, {section: {key: value}})
    with pytest.raises(UserError, match=message):
        check_settings(config)

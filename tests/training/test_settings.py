from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import pytest
from ml_collections import ConfigDict

from camenn_tf.config import default_config, override
from camenn_tf.errors import UserError
from camenn_tf.inputs.alignment_pairs import alignment_pairs
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.training.settings import check_run, check_settings
from camenn_tf.training.train_step import check_jit
from tests.inputs.small_dataset import small_config, small_pipeline, write_dataset


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
        ("model", "num_heads", 0, "model.num_heads is 0, expected at least 1"),
        ("model", "embedding_size", 0, "model.embedding_size is 0, expected at least 1"),
        ("model", "feed_forward", 0, "model.feed_forward is 0, expected at least 1"),
        ("model", "num_experts", 0, "model.num_experts is 0, expected at least 1"),
        ("model", "history_length", -1, "model.history_length is -1, expected at least 0"),
        ("inputs", "prefetch", -3, "inputs.prefetch is -3, expected at least 0"),
        ("inputs", "shuffle_buffer", -1, "inputs.shuffle_buffer is -1, expected at least 0"),
        ("optimizer", "beta_1", 1.0, "optimizer.beta_1 is 1.0, expected at least 0 and below 1"),
        ("alignment", "weights", {"cvr": 0.0}, "alignment.weights.cvr=0.0: expected more"),
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


def test_a_negative_seed_is_named() -> None:
    config = default_config()
    override(config, {"seed": -1})
    with pytest.raises(UserError, match="seed is -1, expected at least 0"):
        check_settings(config)


def test_heads_that_do_not_divide_the_embedding_are_named() -> None:
    config = default_config()
    override(config, {"model": {"name": "bst", "num_heads": 5}})
    with pytest.raises(UserError, match=r"model\.num_heads=5 does not divide model\.embedding_size=128"):
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


OUTPUTS = dict.fromkeys(("cvr", "ita", "tia"))


def pipelines(directory: pathlib.Path, config: ConfigDict, positives: int = 10) -> tuple[BatchPipeline, BatchPipeline]:
    """Of train and of a validation split said to have so many positives."""
    info = write_dataset(directory)
    split = dataclasses.replace(info.splits["validation"], positives=positives)
    info = dataclasses.replace(info, splits={**info.splits, "validation": split})
    train, validation = (small_pipeline(directory, info, config, split) for split in ("train", "validation"))
    return train, validation


def test_what_the_data_and_the_replicas_bear_is_checked_before_there_is_a_run(tmp_path: pathlib.Path) -> None:
    config = small_config()
    train, validation = pipelines(tmp_path, config)
    pairs = alignment_pairs(validation)  # none, as train has all of these items
    check_run(config, OUTPUTS, train, validation, pairs, 12)
    for key, replicas in (("alignment.warmup_batch_size is 12", 13), ("inputs.batch_size is 16", 17)):
        with pytest.raises(UserError, match=f"{key}, expected at least {replicas}"):
            check_run(config, OUTPUTS, train, validation, pairs, replicas)
    with pytest.raises(UserError, match="has 20 samples to judge by, 20 of them bought"):
        check_run(config, OUTPUTS, *pipelines(tmp_path, config, positives=20), None, 1)
    with pytest.raises(UserError, match="no pairs of text and image"):
        check_run(config, {"ita": None}, train, validation, pairs, 1)
    override(config, {"alignment": {"ita": False, "tia": False}})
    with pytest.raises(UserError, match=r"model.name=camenn has no task to train: of its outputs \(ita, tia\)"):
        check_run(config, {"ita": None, "tia": None}, train, validation, pairs, 1)

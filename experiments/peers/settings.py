"""What both sides share: sizes, optimizer and seed, and our configuration made of them."""

from __future__ import annotations

from typing import Any

from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.errors import UserError
from experiments.configs.complete_journey import get_config

MODELS = ("fm", "wide_deep", "deepfm", "afm", "xdeepfm", "din", "bst", "mmoe")
# E, heads and N are those of experiments/configs/complete_journey.py; Adam is what both sides' Keras has by default.
SETTINGS: dict[str, Any] = {
    "embedding_size": 64,
    "hidden_units": [256, 128],
    "attention_size": 64,
    "cin_units": [64, 64],
    "unit_sizes": [80, 40],
    "blocks": 1,
    "heads": 4,
    "feed_forward": 4,
    "experts": 4,
    "dropout": 0.1,
    "batch_size": 256,
    "predict_batch_size": 512,
    "learning_rate": 1e-3,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "seed": 1,
}


def our_config(model: str, info: DatasetInfo | None = None) -> ConfigDict:
    """Complete Journey's configuration with the shared sizes: cvr alone, no regularisation, no clipping, constant rate.

    MMoE neither reads texts nor pictures here, since its peer has no place for them. Histories are no longer than those
    of the dataset, if it is given.
    """
    if model not in MODELS:
        raise UserError(f"--models: {model!r} has no peer, expected some of {', '.join(MODELS)}")
    config = get_config()
    config.seed = SETTINGS["seed"]
    config.model.update(
        {
            "name": model,
            "embedding_size": SETTINGS["embedding_size"],
            "num_heads": SETTINGS["heads"],
            "feed_forward": SETTINGS["feed_forward"],
            "num_experts": SETTINGS["experts"],
            "dropout": SETTINGS["dropout"],
            "field_tokens": "field",
            "use_text": False,
            "use_images": False,
            # what the peers' models do not have
            "numeric_code": "one_hot",
            "field_logit": 0,
            "content_dropout": 0.0,
            "image_dropout": 0.0,
        }
    )
    if info is not None:
        config.model.history_length = min(config.model.history_length, info.history_length)
    config.baseline.din_regularization = 0.0  # the peers' is off
    names = ("attention_size", "blocks")
    config.baseline.update({name: SETTINGS[name] for name in names})
    config.baseline.update({name: tuple(SETTINGS[name]) for name in ("hidden_units", "cin_units", "unit_sizes")})
    config.inputs.batch_size = SETTINGS["batch_size"]
    config.evaluate.batch_size = SETTINGS["predict_batch_size"]
    config.optimizer.update({name: SETTINGS[name] for name in ("learning_rate", "beta_1", "beta_2")})
    config.optimizer.update({"weight_decay": 0.0, "warmup_steps": 0, "schedule": "constant", "clip_norm": 0.0})
    config.alignment.update({"ita": False, "tia": False, "warmup_steps": 0})
    return config

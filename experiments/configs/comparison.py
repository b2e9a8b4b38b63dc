"""The final setting of every model of the comparison: `--config=experiments/configs/comparison.py:din`.

All models share data, loop, optimizer, batch size, early stopping and the coding of fields; what is set for one of them
alone is the best of its six runs in `experiments.search`, by validation AUC (FashionBERT: of ITA and TIA).
`:corner_store/din` is DIN on the embedded store, with that store's sizes and learning rate, none of them searched.
"""

from __future__ import annotations

from typing import Any

from ml_collections import ConfigDict

from camenn_tf.errors import UserError
from experiments.configs import complete_journey, corner_store

# Chosen by `python -m experiments.search` (experiments/RESULTS.md lists its runs).
SETTINGS: dict[str, dict[str, Any]] = {
    "fm": {"optimizer.learning_rate": 1.5e-3, "model.embedding_size": 8},
    "ffm": {"optimizer.learning_rate": 5e-4, "baseline.ffm_size": 2},
    "wide_deep": {"optimizer.learning_rate": 1.5e-3, "model.embedding_size": 32},
    "deepfm": {"optimizer.learning_rate": 1.5e-3, "model.embedding_size": 8},
    "afm": {"optimizer.learning_rate": 1.5e-3, "model.embedding_size": 8},
    "xdeepfm": {"optimizer.learning_rate": 5e-4, "model.embedding_size": 32},
    "din": {"optimizer.learning_rate": 1.5e-3, "model.embedding_size": 16},
    "bst": {"optimizer.learning_rate": 1.5e-3, "model.embedding_size": 8},
    "camenn": {"optimizer.learning_rate": 1.5e-3, "model.image_dropout": 0.5},
    "mmoe": {"optimizer.learning_rate": 1.5e-3, "model.image_dropout": 0.5},
    "mose": {"optimizer.learning_rate": 1.5e-3},
    "fashionbert": {"optimizer.learning_rate": 1.5e-3, "fashionbert.blocks": 3, "model.image_dropout": 0.5},
}


def get_config(name: str = "camenn") -> ConfigDict:
    """The whole configuration of a model, on Complete Journey or behind `corner_store/` on the embedded store."""
    world, _, model = name.rpartition("/")
    if model not in SETTINGS or world not in ("", "corner_store"):
        raise UserError(
            f"'{name}' behind the colon of --config: expected one of {', '.join(SETTINGS)}, or corner_store/<model>"
        )
    config = corner_store.get_config() if world else complete_journey.get_config()
    config.model.update({"name": model, "numeric_code": "ordinal", "image_dropout": 0.0})  # searched, not inherited
    if world and model != "camenn":
        config.optimizer.weight_decay = 0.05  # .1 is for the perceptron beside CameNN's tower
    if not world:
        config.update_from_flattened_dict(SETTINGS[model])
    return config

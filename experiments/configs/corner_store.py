"""CameNN on the embedded store, small enough for two cores."""

from __future__ import annotations

from ml_collections import ConfigDict

from camenn_tf.config import default_config


def get_config() -> ConfigDict:
    """The paper's model at a size that two cores train in minutes."""
    config = default_config()
    config.prepare.update({"history_length": 5})
    config.encode.text.update({"vocabulary_size": 2000, "max_pieces": 32, "dim": 48, "layers": 1})
    config.encode.image.update({"patch_size": 16, "dim": 48})
    config.model.update({"embedding_size": 48, "history_length": 5, "norm": "pre"})
    config.inputs.update({"batch_size": 128})
    config.alignment.update({"fraction": 0.25, "warmup_steps": 400, "warmup_batch_size": 128})
    config.optimizer.update({"learning_rate": 1e-3, "warmup_steps": 100, "schedule": "cosine", "clip_norm": 1.0})
    config.train.update({"epochs": 8, "patience": 2, "deterministic": False})
    return config

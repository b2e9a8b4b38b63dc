"""CameNN on the embedded store, small enough for two cores.

    make train

Four heads of 8 rather than the paper's eight, 2x2 patches and the first 14 pieces of a text: on a CPU attention over
short heads and long rows is what a step costs.
"""

from __future__ import annotations

from ml_collections import ConfigDict

from camenn_tf.config import default_config


def get_config() -> ConfigDict:
    """The paper's model at a size that two cores train in minutes."""
    config = default_config()
    config.prepare.update({"history_length": 5})
    config.encode.text.update({"vocabulary_size": 2000, "max_pieces": 14, "dim": 32, "layers": 1})
    config.encode.image.update({"grid": 2, "patch_size": 20, "dim": 32})
    config.model.update({"embedding_size": 32, "num_heads": 4, "history_length": 5, "norm": "pre", "dropout": 0.0})
    config.inputs.update({"batch_size": 128})
    config.alignment.update({"fraction": 0.25, "warmup_steps": 300, "warmup_batch_size": 64})
    config.optimizer.update({"learning_rate": 2e-3, "weight_decay": 1e-2, "warmup_steps": 100, "clip_norm": 1.0})
    config.train.update({"epochs": 3, "patience": 2})
    return config

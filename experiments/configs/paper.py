"""The sizes and encoders of the paper; where it gives none, the defaults that docs/FIDELITY.md chose.

    make train DATASET=complete_journey IMAGES=<GroceryStoreDataset directory> CONFIG=experiments/configs/paper.py

or `camenn_tf.prepare`, `encode` and `train` with `--config=experiments/configs/paper.py`. Chinese BERT
(TF-Hub) and InceptionV4 (weights in timm's form) come from the network and are frozen; E = 128, 8 heads, N = 10, M = 4,
k = 2, texts of at most 50 pieces, 3 x 3 patches of 299 pixels, 256 samples a step, 64 on each of four GPUs. Memory:
experiments/RESULTS.md. `--logical_cpus=4` of camenn_tf.train stands in for the GPUs in a trial.
"""

from __future__ import annotations

from ml_collections import ConfigDict

from camenn_tf.config import default_config
from experiments.configs.encoders import choose_encoders


def get_config() -> ConfigDict:
    """The paper's configuration."""
    config = default_config()
    choose_encoders(config, "paper")
    config.encode.text.max_pieces = 50
    config.encode.image.grid = 3
    config.model.update({"embedding_size": 128, "num_heads": 8, "history_length": 10})
    config.model.update({"num_experts": 4, "experts_per_task": 2})
    config.inputs.batch_size = 256
    config.optimizer.update({"learning_rate": 4e-4, "beta_1": 0.95, "beta_2": 0.999, "weight_decay": 1e-4})
    config.train.strategy = "mirrored"
    return config

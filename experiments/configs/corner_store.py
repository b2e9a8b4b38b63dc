"""CameNN on the embedded store, small enough for two cores.

    make train

Two heads of 16 rather than the paper's eight, 2x2 patches, the first 10 pieces of a text (its title) and the 2 newest
purchases: on a CPU attention over short heads and long rows is what a step costs. Text and image encoder begin from
nothing, so alignment teaches them first, the match of their mean vectors (PairMatch) with it; then ITA and TIA weigh
less than conversion, because all three share one small bottom, and aim at smoothed targets, because 510 pairs are soon
learnt by heart. A perceptron of all fields, the target's pooled text and picture among them, adds to the logit of
conversion (docs/decisions.md).
"""

from __future__ import annotations

from ml_collections import ConfigDict

from camenn_tf.config import default_config


def get_config() -> ConfigDict:
    """The paper's model at a size that two cores train in minutes."""
    config = default_config()
    config.prepare.update({"history_length": 5})
    config.encode.text.update({"vocabulary_size": 2000, "max_pieces": 10, "dim": 32, "layers": 1})
    config.encode.image.update({"grid": 2, "patch_size": 20, "dim": 32})
    config.model.update({"embedding_size": 32, "num_heads": 2, "num_experts": 2, "history_length": 2})
    config.model.update({"norm": "pre", "dropout": 0.2})
    # Ids of so few samples are learnt by heart; a token a group is cheaper.
    config.model.update({"user_id": False, "item_id": False, "field_tokens": "group"})
    config.model.update({"field_logit": 128, "field_logit_content": True})
    config.inputs.update({"batch_size": 64})
    config.alignment.update({"fraction": 0.25, "context_dropout": 1.0, "warmup_batch_size": 64})
    config.alignment.label_smoothing = 0.3
    config.alignment.warmup_steps = 1600
    config.alignment.warmup_weights.match = 1.0
    config.alignment.weights.update({"ita": 0.3, "tia": 0.3, "match": 0.3})
    config.optimizer.update({"learning_rate": 1.5e-3, "weight_decay": 0.1, "warmup_steps": 100, "clip_norm": 1.0})
    config.optimizer.average = 0.99  # in the place of a falling rate
    config.train.update({"epochs": 5, "patience": 3})
    return config

"""The configuration of the paper says what docs/FIDELITY.md says."""

from __future__ import annotations

from camenn_tf.config import default_config, override
from experiments.configs.paper import get_config


def test_only_known_keys_with_known_types() -> None:
    override(default_config(), get_config().to_dict())


def test_encoders_and_sizes() -> None:
    config = get_config()
    assert (config.encode.text.name, config.encode.text.path, config.encode.text.max_pieces) == ("tfhub", "", 50)
    assert (config.encode.image.name, config.encode.image.grid, config.encode.image.patch_size) == (
        "inception_v4",
        3,
        0,
    )
    assert not config.encode.text.trains_along and not config.encode.image.trains_along
    assert (config.model.embedding_size, config.model.num_heads, config.model.history_length) == (128, 8, 10)
    assert (config.optimizer.learning_rate, config.optimizer.weight_decay) == (4e-4, 1e-4)
    assert (config.train.strategy, config.inputs.batch_size % 4) == ("mirrored", 0)

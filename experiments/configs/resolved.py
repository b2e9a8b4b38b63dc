"""A resolved configuration from a JSON file: --config=experiments/configs/resolved.py:run/config.json."""

from __future__ import annotations

from ml_collections import ConfigDict

from camenn_tf.config import load_config


def get_config(path: str) -> ConfigDict:
    """The configuration that `path` holds, as a run directory's config.json."""
    return load_config(path)

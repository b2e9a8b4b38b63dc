"""What is wrong with section `encode` is said before anything is read or built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camenn_tf.bounds import check_at_least
from camenn_tf.encoders.precision import PRECISIONS
from camenn_tf.encoders.word_pieces import SPECIAL
from camenn_tf.errors import UserError

DTYPES = ("float16", "float32")  # that `ItemStore` widens, or takes as it is
_AT_LEAST = {"batch_size": 1, "shard_items": 1}
_TEXT_AT_LEAST = {"max_pieces": 1, "vocabulary_size": len(SPECIAL) + 1, "dim": 1, "layers": 0, "heads": 1}
_IMAGE_AT_LEAST = {"grid": 1, "patch_size": 0, "dim": 1}
_ONE_OF = {"dtype": DTYPES, "precision": PRECISIONS}


def check_encode_settings(settings: Mapping[str, Any]) -> None:
    """Raises UserError that names key and value; what only one encoder knows, it checks itself.

    Args:
      settings: `config.encode`.
    """
    check_at_least("encode", settings, _AT_LEAST)
    check_at_least("encode.text", settings["text"], _TEXT_AT_LEAST)
    check_at_least("encode.image", settings["image"], _IMAGE_AT_LEAST)
    for key, known in _ONE_OF.items():
        if settings[key] not in known:
            raise UserError(f"encode.{key}={settings[key]!r}: unknown, expected one of {', '.join(known)}")
    if not 0 <= settings["max_fault_share"] <= 1:  # NaN, too
        raise UserError(f"encode.max_fault_share is {settings['max_fault_share']}, expected 0 to 1")

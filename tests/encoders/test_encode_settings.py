"""Settings of the encoding that cannot be used."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from camenn_tf.config import default_config
from camenn_tf.encoders.encode_settings import check_encode_settings
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.errors import UserError


def settings(key: str, value: Any) -> dict[str, Any]:
    config = default_config()
    config.encode.update_from_flattened_dict({key: value})
    encode: dict[str, Any] = config.encode.to_dict()
    return encode


def test_the_default_can_be_used() -> None:
    check_encode_settings(default_config().encode.to_dict())


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("batch_size", 0, "encode.batch_size is 0, expected at least 1"),
        ("shard_items", 0, "encode.shard_items is 0, expected at least 1"),
        ("dtype", "int8", "encode.dtype='int8': unknown, expected one of float16, float32"),
        ("precision", "half", "encode.precision='half': unknown, expected one of "),
        ("max_fault_share", -0.1, "encode.max_fault_share is -0.1, expected 0 to 1"),
        ("max_fault_share", 1.5, "encode.max_fault_share is 1.5, expected 0 to 1"),
        ("max_fault_share", math.nan, "encode.max_fault_share is nan, expected 0 to 1"),
        ("text.max_pieces", 0, "encode.text.max_pieces is 0, expected at least 1"),
        ("text.vocabulary_size", 5, "encode.text.vocabulary_size is 5, expected at least 6"),
        ("text.heads", 0, "encode.text.heads is 0, expected at least 1"),
        ("image.grid", 0, "encode.image.grid is 0, expected at least 1"),
        ("image.patch_size", -1, "encode.image.patch_size is -1, expected at least 0"),
    ],
)
def test_key_and_value_are_named_before_any_work(key: str, value: Any, message: str) -> None:
    with pytest.raises(UserError, match=f"^{re.escape(message)}"):
        encode_dataset("no dataset", "no features", settings(key, value))

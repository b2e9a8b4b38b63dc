"""Settings of the encoding that cannot be used."""

from __future__ import annotations

import math
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
    ("key", "value"),
    [
        ("batch_size", 0),
        ("shard_items", 0),
        ("dtype", "int8"),
        ("precision", "half"),
        ("max_fault_share", -0.1),
        ("max_fault_share", 1.5),
        ("max_fault_share", math.nan),
        ("text.max_pieces", 0),
        ("text.heads", 0),
        ("image.grid", 0),
        ("image.patch_size", -1),
    ],
)
def test_key_and_value_are_named_before_any_work(key: str, value: Any) -> None:
    with pytest.raises(UserError, match=rf"encode\.{key}='?{value}'?: "):
        encode_dataset("no dataset", "no features", settings(key, value))

"""Fields as vectors, in the way that the configuration asks of every model."""

from __future__ import annotations

from collections.abc import Sequence

from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.errors import UserError
from camenn_tf.layers.field_tokens import FieldTokens

NUMERIC_CODES = ("one_hot", "ordinal")


def field_tokens(
    config: ConfigDict, fields: Sequence[FieldInfo], size: int, name: str, mode: str = "field"
) -> FieldTokens:
    """A FieldTokens layer for these fields, with numbers coded as `model.numeric_code` says.

    With `mode="group"` also `model.field_size` and `model.group_hidden` are read.

    Raises:
      UserError: no such code.
    """
    code = config.model.numeric_code
    if code not in NUMERIC_CODES:
        raise UserError(f"model.numeric_code is {code!r}, expected one of {', '.join(NUMERIC_CODES)}")
    ordered = [code == "ordinal" and field.kind == "numeric" for field in fields]
    return FieldTokens(
        [field.size for field in fields],
        [field.group for field in fields],
        size,
        mode,
        ordered,
        config.model.field_size,
        config.model.group_hidden,
        name=name,
    )

"""Raw field values of a request: their names and types in a signature, and their ids."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import tensorflow as tf

from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.serving.value_ids import ValueIds

HISTORY_ITEM_IDS = "history_item_ids"
CANDIDATE_ITEM_IDS = "candidate_item_ids"
CANDIDATE_TEXTS = "candidate_texts"
CANDIDATE_IMAGES = "candidate_images"
FEATURE_ITEM_IDS = "feature_item_ids"
TEXTS = "texts"
IMAGES = "images"
_TAKEN = (HISTORY_ITEM_IDS, CANDIDATE_ITEM_IDS, CANDIDATE_TEXTS, CANDIDATE_IMAGES, FEATURE_ITEM_IDS, TEXTS, IMAGES)
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def input_name(name: str) -> str:
    """The signature's input of a field: its own name, or where TensorFlow cannot take that (or it is taken, or begins
    like the model's own `items_`), `field_` and the name with every other character as its hexadecimal code point.
    """
    if _PLAIN_NAME.fullmatch(name) and name not in _TAKEN and not name.startswith(("field_", "items_")):
        return name
    return "field_" + "".join(c if c.isascii() and (c.isalnum() or c == "_") else f"x{ord(c):x}" for c in name)


class FieldInputs(tf.Module):
    """The fields that a model reads, from raw values to columns of value ids.

    Args:
      fields: in the order of the columns.
      vocabularies: values of the categorical fields by name.
    """

    def __init__(self, fields: Sequence[FieldInfo], vocabularies: Mapping[str, Sequence[str]]) -> None:
        super().__init__(name="field_inputs")
        self._values = [ValueIds(field, vocabularies.get(field.name, ())) for field in fields]

    @property
    def names(self) -> list[str]:
        """The signature's inputs, in the order of the columns."""
        return [input_name(values.field.name) for values in self._values]

    def specs(self) -> dict[str, tf.TensorSpec]:
        """What a signature takes: user fields of any shape (one value), the others [n] (context also [1])."""
        specs = {}
        for name, values in zip(self.names, self._values, strict=True):
            one = values.field.group in ("user", "context")
            specs[name] = tf.TensorSpec(None if one else [None], values.dtype, name=name)
        return specs

    def describe(self) -> dict[str, dict[str, str]]:
        """By input: the field's name, group and kind, and what stands for a missing value."""
        return {
            name: {
                "field": values.field.name,
                "group": values.field.group,
                "kind": values.field.kind,
                "missing": "NaN" if values.dtype.is_floating else "empty string",
            }
            for name, values in zip(self.names, self._values, strict=True)
        }

    def ids(self, request: Mapping[str, tf.Tensor], count: tf.Tensor) -> tf.Tensor:
        """Value ids int32 [count, fields] of raw values; one value of a field holds for every row."""
        columns = [
            tf.broadcast_to(values(tf.reshape(request[name], [-1])), [count])
            for name, values in zip(self.names, self._values, strict=True)
        ]
        return tf.stack(columns, axis=1) if columns else tf.zeros([count, 0], tf.int32)

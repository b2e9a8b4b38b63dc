"""Embeddings of fields: E_Other of eq. 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.errors import UserError

FIELD_SPREAD = 0.02  # BERT's; rates of Adam are steps of fixed size, so a wider spread takes longer to turn round


@keras.saving.register_keras_serializable(package="camenn_tf")
class FieldTokens(keras.layers.Layer):
    """One embedding a field value (section 3.1: one-hot, then an embedding of size n_E), one token a field or a group.

    All fields share one matrix; each has rows of its own in it. With `mode="group"` the embeddings of a group's fields
    are laid side by side and projected to one token.

    Args:
      sizes: rows of each field.
      groups: group of each field; fields of a group stand together.
      embedding_size: E.
      mode: `field` or `group`.

    Input shape: int32 [n, F]. Output shape: [n, F, E], with `group` [n, number of groups, E].
    """

    def __init__(
        self, sizes: Sequence[int], groups: Sequence[str], embedding_size: int, mode: str = "field", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if mode not in ("field", "group"):
            raise UserError(f"model.field_tokens is {mode!r}, expected 'field' or 'group'")
        if len(sizes) != len(groups):
            raise ValueError(f"{len(sizes)} sizes, but {len(groups)} groups")
        self.sizes = tuple(int(size) for size in sizes)
        self.groups = tuple(groups)
        self.embedding_size = embedding_size
        self.mode = mode
        self._spans = _spans(self.groups)

    def tokens_of(self, *groups: str) -> int:
        """How many tokens the fields of these groups make."""
        if self.mode == "group":
            return sum(group in groups for group, _, _ in self._spans)
        return sum(group in groups for group in self.groups)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.embeddings = self.add_weight(
            shape=(sum(self.sizes), self.embedding_size),
            initializer=keras.initializers.RandomNormal(stddev=FIELD_SPREAD),
            name="embeddings",
        )
        self.kernels = []
        if self.mode == "group":
            for group, first, last in self._spans:
                shape = ((last - first) * self.embedding_size, self.embedding_size)
                self.kernels.append(self.add_weight(shape=shape, name=f"{group}_kernel"))

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        offsets = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int32)
        table = tf.cast(tf.convert_to_tensor(self.embeddings), self.compute_dtype)
        tokens = tf.gather(table, ids + offsets)  # [n, F, E]
        if self.mode == "field":
            return tokens
        parts = []
        for (_, first, last), kernel in zip(self._spans, self.kernels, strict=True):
            joined = tf.reshape(tokens[:, first:last], [-1, kernel.shape[0]])
            parts.append(tf.matmul(joined, tf.cast(tf.convert_to_tensor(kernel), self.compute_dtype)))
        return tf.stack(parts, 1)

    def compute_output_spec(self, ids: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(
            (ids.shape[0], self.tokens_of(*set(self.groups)), self.embedding_size), dtype=self.compute_dtype
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "sizes": list(self.sizes),
            "groups": list(self.groups),
            "embedding_size": self.embedding_size,
            "mode": self.mode,
        }


def _spans(groups: Sequence[str]) -> list[tuple[str, int, int]]:
    """(group, first column, column after the last) of each run of equal groups."""
    spans: list[tuple[str, int, int]] = []
    for column, group in enumerate(groups):
        if spans and spans[-1][0] == group:
            spans[-1] = (group, spans[-1][1], column + 1)
        else:
            spans.append((group, column, column + 1))
    return spans

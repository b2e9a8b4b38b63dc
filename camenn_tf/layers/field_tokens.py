"""Embeddings of fields: E_Other of eq. 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.dataset.schema import FIRST_VALUE_ID
from camenn_tf.errors import UserError
from camenn_tf.layers.half_precision import add_bias, gather_rows
from camenn_tf.layers.runs import runs

FIELD_SPREAD = 0.02  # BERT's; rates of Adam are steps of fixed size, so a wider spread takes longer to turn round


@keras.saving.register_keras_serializable(package="camenn_tf")
class FieldTokens(keras.layers.Layer):
    """One embedding a field value (section 3.1: one-hot, then an embedding of size n_E), one token a field or a group.

    All fields share one matrix; each has rows of its own in it. With `mode="group"` the embeddings of a group's fields
    are laid side by side, x, and projected to one token: W x, with `hidden` W x + V relu(U x + b), in which fields of a
    group meet before any attention.

    An ordered field (`ordered`) has a vector for each step from one bucket to the next instead of one for each bucket:
    the embedding of bucket b is sum_{i <= b} w_i, a thermometer code in the place of one-hot. Neighbours then share
    what they learn, and what is learnt of few samples is a smooth function of the number (the piecewise linear code of
    Gorishniy et al. 2022, section 3.2, at the buckets' edges). Missing and unseen values keep rows of their own.

    Args:
      sizes: rows of each field.
      groups: group of each field; fields of a group stand together.
      embedding_size: E.
      mode: `field` or `group`.
      ordered: whether a field's buckets are summed up; None = none are.
      field_size: width of a field's own embedding in a group; 0 = E.
      hidden: width of U's output; 0 = the projection is linear.

    Input shape: int32 [n, F]. Output shape: [n, F, E], with `group` [n, number of groups, E].
    """

    def __init__(
        self,
        sizes: Sequence[int],
        groups: Sequence[str],
        embedding_size: int,
        mode: str = "field",
        ordered: Sequence[bool] | None = None,
        field_size: int = 0,
        hidden: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if mode not in ("field", "group"):
            raise UserError(f"model.field_tokens is {mode!r}, expected 'field' or 'group'")
        if len(sizes) != len(groups):
            raise ValueError(f"{len(sizes)} sizes, but {len(groups)} groups")
        if ordered is not None and len(ordered) != len(sizes):
            raise ValueError(f"{len(sizes)} sizes, but {len(ordered)} marks of order")
        self.sizes = tuple(int(size) for size in sizes)
        self.groups = tuple(groups)
        self.embedding_size = embedding_size
        self.mode = mode
        self.ordered = (False,) * len(self.sizes) if ordered is None else tuple(bool(mark) for mark in ordered)
        self.field_size = field_size
        self.hidden = hidden
        self._spans = runs(self.groups)
        self._starts = np.concatenate([[0], np.cumsum(self.sizes)[:-1]]).astype(np.int32)  # a field's first row

    def tokens_of(self, *groups: str) -> int:
        """How many tokens the fields of these groups make."""
        if self.mode == "group":
            return sum(group in groups for group, _, _ in self._spans)
        return sum(group in groups for group in self.groups)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.embeddings = self.add_weight(
            shape=(sum(self.sizes), self._width),
            initializer=keras.initializers.RandomNormal(stddev=FIELD_SPREAD),
            name="embeddings",
        )
        self.kernels, self.inner = [], []
        for group, first, last in self._spans if self.mode == "group" else ():
            inputs = (last - first) * self._width
            self.kernels.append(self.add_weight(shape=(inputs, self.embedding_size), name=f"{group}_kernel"))
            if self.hidden:
                self.inner.append(
                    (
                        self.add_weight(shape=(inputs, self.hidden), name=f"{group}_inner_kernel"),
                        self.add_weight(shape=(self.hidden,), initializer="zeros", name=f"{group}_inner_bias"),
                        self.add_weight(shape=(self.hidden, self.embedding_size), name=f"{group}_outer_kernel"),
                    )
                )

    @property
    def _width(self) -> int:
        """Of the embedding of a field."""
        return self.field_size if self.field_size and self.mode == "group" else self.embedding_size

    def call(self, ids: tf.Tensor) -> tf.Tensor:
        table = self._cast(self.embeddings)
        parts = [
            (self._summed if ordered else self._looked_up)(table, ids, first, last)
            for ordered, first, last in runs(self.ordered)
        ]
        tokens = parts[0] if len(parts) == 1 else tf.concat(parts, 1)  # [n, F, E]
        if self.mode == "field":
            return tokens
        return tf.stack(
            [self._projected(tokens[:, first:last], n) for n, (_, first, last) in enumerate(self._spans)], 1
        )

    def _projected(self, tokens: tf.Tensor, number: int) -> tf.Tensor:
        """The token of group `number`, of its fields' embeddings: [n, fields, width] -> [n, E]."""
        kernel = self._cast(self.kernels[number])
        joined = tf.reshape(tokens, [-1, kernel.shape[0]])
        if not self.hidden:
            return tf.matmul(joined, kernel)
        inner, bias, outer = (self._cast(weight) for weight in self.inner[number])
        return tf.matmul(joined, kernel) + tf.matmul(tf.nn.relu(add_bias(tf.matmul(joined, inner), bias)), outer)

    def _cast(self, variable: keras.Variable) -> tf.Tensor:
        return tf.cast(tf.convert_to_tensor(variable), self.compute_dtype)

    def _looked_up(self, table: tf.Tensor, ids: tf.Tensor, first: int, last: int) -> tf.Tensor:
        """Rows of fields `first` to `last` - 1: [n, last - first, E]."""
        return tf.gather(table, ids[:, first:last] + self._starts[first:last])

    def _summed(self, table: tf.Tensor, ids: tf.Tensor, first: int, last: int) -> tf.Tensor:
        """The same of ordered fields: buckets are sums of the rows up to theirs."""
        sizes, starts = np.array(self.sizes[first:last]), self._starts[first:last]
        place = np.minimum(np.arange(sizes.max()), sizes[:, None] - 1)  # a short field's last row fills up, unread
        rows = tf.gather(table, starts[:, None] + place)  # [fields, most rows, E]
        buckets = tf.cumsum(rows[:, FIRST_VALUE_ID:], 1)
        summed = tf.reshape(tf.concat([rows[:, :FIRST_VALUE_ID], buckets], 1), [-1, table.shape[1]])
        return gather_rows(summed, ids[:, first:last] + np.arange(len(sizes), dtype=np.int32) * int(sizes.max()))

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
            "ordered": list(self.ordered),
            "field_size": self.field_size,
            "hidden": self.hidden,
        }

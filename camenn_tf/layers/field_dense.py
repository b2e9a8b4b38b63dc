"""The first fully connected layer behind embedded fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.layers.half_precision import add_bias
from camenn_tf.layers.runs import runs

FOLDED_ROWS = 64  # a field of more values has hardly fewer distinct ones in a batch than samples


@keras.saving.register_keras_serializable(package="camenn_tf")
class FieldDense(keras.layers.Layer):
    """A dense layer on the vectors of a sample's fields and on further numbers: y = W [v_1, ..., v_F, r] + b.

    A vector is its field's value looked up in a table, and most fields have few values. With `folded`, W_f meets every
    value of field f once a step instead of once a sample, P_f[i] = W_f v_f(i), and y = sum_f P_f[id_f] + W_r r + b.
    Outputs and weights are those of the plain layer, and so are the gradients of W, b, r and the table: that of a
    vector comes, summed up, on one of the samples which share it. It costs additions instead of products, less on a CPU
    when vectors are long (docs/decisions.md), and needs shapes that XLA does not compile.

    Args:
      units: H.
      sizes: values of each field.
      folded: whether fields of at most 64 values are computed once a value.

    Input: vectors [n, F, E], ids int32 [n, F] that they were looked up by, and r [n, D]. Output shape: [n, H].
    """

    def __init__(self, units: int, sizes: Sequence[int], folded: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.sizes = tuple(int(size) for size in sizes)
        self.folded = folded

    def build(self, vectors_shape: Any, ids_shape: Any, rest_shape: Any) -> None:
        rows = vectors_shape[1] * vectors_shape[2] + rest_shape[1]
        self.kernel = self.add_weight(shape=(rows, self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, vectors: tf.Tensor, ids: tf.Tensor, rest: tf.Tensor) -> tf.Tensor:
        kernel, bias = (tf.cast(tf.convert_to_tensor(part), self.compute_dtype) for part in (self.kernel, self.bias))
        small = [self.folded and size <= FOLDED_ROWS for size in self.sizes]
        if not any(small):
            joined = tf.concat([tf.reshape(vectors, [-1, vectors.shape[1] * vectors.shape[2]]), rest], 1)
            return add_bias(tf.matmul(joined, kernel), bias)
        spans = runs(small)
        size = vectors.shape[2]
        *kernels, own = tf.split(kernel, [*((last - first) * size for _, first, last in spans), rest.shape[1]])
        output = tf.matmul(rest, own)
        kept: list[tf.Tensor] = []  # kernels of the folded runs, [fields, E, H]
        for (folded, first, last), part in zip(spans, kernels, strict=True):
            if folded:
                kept.append(tf.reshape(part, [last - first, size, self.units]))
            else:
                columns = tf.reshape(vectors[:, first:last], [-1, (last - first) * size])
                output += tf.matmul(columns, part)
        return add_bias(output + self._of_values(vectors, ids, np.flatnonzero(small), kept), bias)

    def _of_values(self, vectors: tf.Tensor, ids: tf.Tensor, fields: np.ndarray, kernels: list[tf.Tensor]) -> tf.Tensor:
        """sum_f P_f[id_f] over `fields`, whose kernels [F', E, H] come in runs: [n, H]."""
        places = max(self.sizes[field] for field in fields)  # of a field in P, the same for all
        starts = np.arange(len(fields), dtype=np.int32) * places
        rows = tf.gather(ids, fields, axis=1) + starts  # [n, F']
        count = tf.shape(ids)[0]
        numbers = tf.broadcast_to(tf.range(count)[:, None], tf.shape(rows))
        # A sample that has the value; sample 0, unread, where none has. An empty batch gets one for the purpose.
        sample = tf.maximum(tf.math.unsorted_segment_max(numbers, rows, len(fields) * places), 0)
        vectors = tf.pad(vectors, [[0, tf.cast(tf.equal(count, 0), tf.int32)], [0, 0], [0, 0]])
        place = sample * vectors.shape[1] + np.repeat(fields, places).astype(np.int32)
        distinct = tf.gather(tf.reshape(vectors, [-1, vectors.shape[2]]), place)  # [F' places, E]
        distinct = tf.reshape(distinct, [len(fields), places, vectors.shape[2]])
        products = tf.matmul(distinct, kernels[0] if len(kernels) == 1 else tf.concat(kernels, 0))  # [F', places, H]
        return _sums_of_rows(tf.reshape(products, [-1, self.units]), rows)

    def compute_output_spec(self, vectors: keras.KerasTensor, ids: Any, rest: Any) -> keras.KerasTensor:
        return keras.KerasTensor((vectors.shape[0], self.units), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "sizes": list(self.sizes), "folded": self.folded}


@tf.custom_gradient
def _sums_of_rows(table: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """sum_j table[rows[i, j]]: [R, H], int32 [n, F] -> [n, H].

    TensorFlow's gradient of a segment sum adds up in the order of `rows`, all over the table; sorted, it is one more
    segment sum, and a third faster.
    """
    places = tf.reshape(rows, [-1])
    samples = tf.repeat(tf.range(tf.shape(rows)[0]), tf.shape(rows)[1])

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None]:
        order = tf.argsort(places)
        sums = tf.sparse.segment_sum(
            upstream, tf.gather(samples, order), tf.gather(places, order), num_segments=tf.shape(table)[0]
        )
        return sums, None

    return tf.sparse.segment_sum(table, places, samples, num_segments=tf.shape(rows)[0]), gradient

"""The baselines' interaction layers as they are usually written: every product of a pair is a tensor's entry.

The same weights and the same mathematics as the layers of `camenn_tf.layers`, for tests and for
`experiments.interaction_speed`. `DeepCTR` in a name: the order of operations of DeepCTR 0.9.4's layer of that kind
(identity in the place of its ReLU between feature maps, no halving of maps).
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.layers.attentional_interaction import AttentionalInteraction
from camenn_tf.layers.compressed_interaction import CompressedInteraction
from camenn_tf.layers.field_aware_interaction import FieldAwareInteraction
from camenn_tf.layers.field_dense import FieldDense


class PlainAttentional(AttentionalInteraction):
    """All pairs' products, hidden values and weights at once, the pairs gathered."""

    def call(self, vectors: Any, training: bool = False) -> Any:
        first, second = np.triu_indices(vectors.shape[1], 1)
        pairs = tf.gather(vectors, first, axis=1) * tf.gather(vectors, second, axis=1)  # [B, pairs, E]
        return _attended(self, pairs, training)


class DeepCTRAttentional(AttentionalInteraction):
    """The same with pairs joined from single fields."""

    def call(self, vectors: Any, training: bool = False) -> Any:
        fields = tf.split(vectors, vectors.shape[1], 1)
        first, second = np.triu_indices(len(fields), 1)
        left, right = (tf.concat([fields[place] for place in side], 1) for side in (first, second))
        return _attended(self, left * right, training)


class PlainCompressed(CompressedInteraction):
    """Each layer as one matrix product of all products [B E, H_{k-1} F]."""

    def call(self, vectors: Any) -> Any:
        first = tf.transpose(vectors, [0, 2, 1])  # [B, E, F]
        maps, pooled, shape = first, [], tf.shape(first)
        for kernel in _tensors(self, self.kernels):
            products = tf.reshape(maps[:, :, :, None] * first[:, :, None, :], [-1, kernel.shape[0]])
            maps = tf.reshape(tf.matmul(products, kernel), [shape[0], shape[1], kernel.shape[1]])
            pooled.append(tf.reduce_sum(maps, 1))
        return tf.concat(pooled, -1)


class DeepCTRCompressed(CompressedInteraction):
    """Outer products by embedding column, then a convolution of width 1."""

    def call(self, vectors: Any) -> Any:
        size = vectors.shape[2]
        first = tf.transpose(vectors, [2, 0, 1])[..., None]  # [E, B, F, 1]
        maps, pooled = vectors, []
        for kernel in _tensors(self, self.kernels):
            before = tf.transpose(maps, [2, 0, 1])[..., None]
            outer = tf.matmul(before, first, transpose_b=True)  # [E, B, H_{k-1}, F]
            outer = tf.transpose(tf.reshape(outer, [size, -1, kernel.shape[0]]), [1, 0, 2])
            maps = tf.transpose(tf.nn.conv1d(outer, kernel[None], 1, "VALID"), [0, 2, 1])  # [B, H_k, E]
            maps = tf.ensure_shape(maps, [None, kernel.shape[1], size])
            pooled.append(maps)
        return tf.reduce_sum(tf.concat(pooled, 1), -1)


class PlainFieldAware(FieldAwareInteraction):
    """Every ordered pair, halved, without what i = j adds."""

    def call(self, vectors: Any) -> Any:
        every = tf.reduce_sum(vectors * tf.transpose(vectors, [0, 2, 1, 3]), [1, 2, 3])
        own = tf.linalg.diag_part(tf.transpose(vectors, [0, 3, 1, 2]))
        return 0.5 * (every - tf.reduce_sum(own * own, [1, 2]))


def _attended(layer: AttentionalInteraction, pairs: tf.Tensor, training: bool) -> tf.Tensor:
    weights = (layer.kernel, layer.bias, layer.score_kernel, layer.output_kernel)
    kernel, bias, score_kernel, output_kernel = _tensors(layer, weights)
    hidden = tf.nn.relu(tf.tensordot(pairs, kernel, 1) + bias)
    attention = tf.nn.softmax(tf.tensordot(hidden, score_kernel, 1), 1)  # [B, pairs, 1]
    pooled = layer.pooled_dropout(tf.reduce_sum(attention * pairs, 1), training=training)
    return tf.matmul(pooled, output_kernel)[:, 0]


def _tensors(layer: keras.layers.Layer, weights: Any) -> list[tf.Tensor]:
    return [tf.cast(tf.convert_to_tensor(weight), layer.compute_dtype) for weight in weights]


class PlainFieldDense(FieldDense):
    """All vectors of a sample side by side, times the kernel."""

    def call(self, vectors: Any, ids: Any, rest: Any) -> Any:
        joined = tf.concat([tf.reshape(vectors, [tf.shape(vectors)[0], vectors.shape[1] * vectors.shape[2]]), rest], 1)
        return tf.matmul(joined, tf.convert_to_tensor(self.kernel)) + tf.convert_to_tensor(self.bias)

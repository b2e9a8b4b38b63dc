"""The transformer encoder block of section 3.4: shared bottom, experts and task towers are made of it."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from camenn_tf.errors import UserError
from camenn_tf.layers.attention import MASKED, masked_attention
from camenn_tf.layers.half_precision import add_bias
from camenn_tf.layers.layer_norm import LayerNorm
from camenn_tf.layers.packing import Layout, first_tokens, layout_of

Rows = dict[str, tf.Tensor]
ACTIVATIONS = {"relu": tf.nn.relu, "leaky_relu": tf.nn.leaky_relu}


@keras.saving.register_keras_serializable(package="camenn_tf")
class TransformerEncoder(keras.layers.Layer):
    """One block of multi-head self-attention and feed-forward, on packed rows (f_TSR of eq. 4).

        post-norm:  h = Norm(x + Attention(x)),  y = Norm(h + FeedForward(h))
        pre-norm:   h = x + Attention(Norm(x)),  y = h + FeedForward(Norm(h))

    with FeedForward(h) = f(h W1 + b1) W2 + b2 and dropout on both residual branches. Keys have no bias: it would
    add the same number to all scores of a query, which softmax cannot see.

    Args:
      num_heads: attention heads; must divide E.
      feed_forward: inner width of the feed-forward part, as a multiple of E.
      dropout: share of each residual branch's outputs that is dropped in training.
      norm: `post` or `pre`.
      groups: most groups of rows of like length that attention is run in.
      activation: f, `relu` or `leaky_relu` (slope .2).

    Input shape:
      {"tokens": [S, E], "lengths": int32 [R]} packed, or {"tokens": [R * L, E], "mask": bool [R, L]} padded.

    Output shape:
      The tokens, [S, E]; with `first_only`, those of the rows' first tokens, [R, E].

    Source: Vaswani et al. 2017; paper section 3.4 (8 heads, 1 block).
    """

    def __init__(
        self,
        num_heads: int = 8,
        feed_forward: int = 4,
        dropout: float = 0.0,
        norm: str = "post",
        groups: int = 6,
        activation: str = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if norm not in ("post", "pre"):
            raise UserError(f"model.norm is {norm!r}, expected 'post' or 'pre'")
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}")
        self.num_heads = num_heads
        self.feed_forward = feed_forward
        self.dropout = dropout
        self.norm = norm
        self.groups = groups
        self.activation = activation
        self.attention_norm = LayerNorm(dtype=self.dtype_policy)
        self.feed_forward_norm = LayerNorm(dtype=self.dtype_policy)
        self.attention_dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.feed_forward_dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, input_shape: dict[str, Any]) -> None:
        size = input_shape["tokens"][-1]
        if size % self.num_heads:
            raise UserError(f"model.num_heads={self.num_heads} does not divide model.embedding_size={size}")
        inner = self.feed_forward * size
        self.qkv_kernel = self._kernel("qkv_kernel", (size, 3 * size))
        self.query_bias = self._bias("query_bias", size)
        self.value_bias = self._bias("value_bias", size)
        self.output_kernel = self._kernel("output_kernel", (size, size))
        self.output_bias = self._bias("output_bias", size)
        self.inner_kernel = self._kernel("inner_kernel", (size, inner))
        self.inner_bias = self._bias("inner_bias", inner)
        self.outer_kernel = self._kernel("outer_kernel", (inner, size))
        self.outer_bias = self._bias("outer_bias", size)
        self.attention_norm.build((None, size))
        self.feed_forward_norm.build((None, size))

    def _kernel(self, name: str, shape: tuple[int, int]) -> keras.Variable:
        return self.add_weight(shape=shape, initializer="glorot_uniform", name=name)

    def _bias(self, name: str, size: int) -> keras.Variable:
        return self.add_weight(shape=(size,), initializer="zeros", name=name)

    def call(self, rows: Rows, training: bool = False, first_only: bool = False) -> tf.Tensor:
        tokens, layout = rows["tokens"], layout_of(rows, self.groups)
        if first_only:
            context = self._attend_first(self._normed(tokens), layout)
            return self.feed(first_tokens(rows), context, training)
        return self.feed(tokens, self.attend(self.project(tokens), layout), training)

    def project(self, tokens: tf.Tensor) -> tf.Tensor:
        """Queries (divided by sqrt(d)), keys and values of each token: [S, E] -> [S, 3E]."""
        size = tokens.shape[-1]
        # The weights take up the scale: one small product instead of one a score.
        scales = tf.constant([1 / math.sqrt(size // self.num_heads)] * size + [1.0] * (2 * size), self.compute_dtype)
        query_bias = self._cast(self.query_bias)
        bias = tf.concat([query_bias, tf.zeros_like(query_bias), self._cast(self.value_bias)], 0)
        return add_bias(tf.matmul(self._normed(tokens), self._cast(self.qkv_kernel) * scales), bias * scales)

    def attend(self, qkv: tf.Tensor, layout: Layout) -> tf.Tensor:
        """Attention within rows: [S, 3E] -> [S, E]. It has no weights, so rows of several encoders can go together."""
        size = qkv.shape[-1] // 3
        outputs = []
        for group, valid in zip(layout.pad(qkv), layout.valid, strict=True):
            shape = tf.shape(group)
            heads = tf.reshape(group, [shape[0], shape[1], 3, self.num_heads, size // self.num_heads])
            query, key, value = tf.unstack(tf.transpose(heads, [2, 0, 3, 1, 4]))  # [n, H, L, d] each
            context = tf.transpose(masked_attention(query, key, value, valid), [0, 2, 1, 3])
            outputs.append(tf.reshape(context, [shape[0], shape[1], size]))
        return layout.pack(outputs)

    def feed(self, tokens: tf.Tensor, context: tf.Tensor, training: bool) -> tf.Tensor:
        """What follows attention: output projection, residuals, norms and feed-forward part, [S, E] -> [S, E]."""
        branch = add_bias(tf.matmul(context, self._cast(self.output_kernel)), self._cast(self.output_bias))
        hidden = tokens + self.attention_dropout(branch, training=training)
        if self.norm == "post":
            hidden = self.attention_norm(hidden)
        branch = self.feed_forward_norm(hidden) if self.norm == "pre" else hidden
        inner = add_bias(tf.matmul(branch, self._cast(self.inner_kernel)), self._cast(self.inner_bias))
        branch = tf.matmul(ACTIVATIONS[self.activation](inner), self._cast(self.outer_kernel))
        branch = add_bias(branch, self._cast(self.outer_bias))
        output = hidden + self.feed_forward_dropout(branch, training=training)
        return self.feed_forward_norm(output) if self.norm == "post" else output

    def _normed(self, tokens: tf.Tensor) -> tf.Tensor:
        return self.attention_norm(tokens) if self.norm == "pre" else tokens

    def _attend_first(self, inputs: tf.Tensor, layout: Layout) -> tf.Tensor:
        """Self-attention of each row's first token alone: [S, E] -> [R, E].

        A single query lets the key and value weights move out of the sum over tokens, q . (W_k x) = (W_k^T q) . x and
        sum_j a_j W_v x_j = W_v sum_j a_j x_j, so no token is projected.
        """
        size = inputs.shape[-1]
        width = size // self.num_heads
        kernels = tf.reshape(self._cast(self.qkv_kernel), [size, 3, self.num_heads, width])
        query_kernel, key_kernel, value_kernel = tf.unstack(kernels, axis=1)  # [E, H, d] each
        query_bias = tf.reshape(self._cast(self.query_bias), [self.num_heads, width])
        value_bias = tf.reshape(self._cast(self.value_bias), [self.num_heads, width])
        outputs = []
        for group, valid in zip(layout.pad(inputs), layout.valid, strict=True):
            query = (tf.einsum("ne,ehd->nhd", group[:, 0], query_kernel) + query_bias) / math.sqrt(width)
            query = tf.einsum("nhd,ehd->nhe", query, key_kernel)  # [n, H, E]
            scores = tf.matmul(query, group, transpose_b=True)  # [n, H, L]
            scores += tf.where(valid, tf.zeros((), scores.dtype), tf.cast(MASKED, scores.dtype))[:, None, :]
            mixed = tf.matmul(tf.nn.softmax(scores), group)  # [n, H, E]
            context = tf.einsum("nhe,ehd->nhd", mixed, value_kernel) + value_bias
            outputs.append(tf.reshape(context, [-1, size]))
        return layout.pack_rows(outputs)

    def compute_output_spec(self, rows: Rows, training: bool = False, first_only: bool = False) -> keras.KerasTensor:
        return keras.KerasTensor((None, rows["tokens"].shape[-1]), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "feed_forward": self.feed_forward,
            "dropout": self.dropout,
            "norm": self.norm,
            "groups": self.groups,
            "activation": self.activation,
        }

    def _cast(self, variable: keras.Variable) -> tf.Tensor:
        return tf.cast(tf.convert_to_tensor(variable), self.compute_dtype)

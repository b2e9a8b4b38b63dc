"""Scores of baselines and of MMoE as their formulas say, one sample at a time, in numpy from a model's weights by name.

It shares those weights with the models of `camenn_tf.models` and nothing else. Slopes of activations are arguments, so
that a test can also ask what another slope would give.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import keras
import numpy as np

Batch = Mapping[str, np.ndarray]


def fm(model: keras.Model, batch: Batch, sample: int) -> float:
    """w_0 + sum_i w_i + sum_{i<j} <v_i, v_j>."""
    return linear(model, batch, sample) + products(fields_of(model, batch, sample))


def wide_deep(model: keras.Model, batch: Batch, sample: int, slope: float = 0.0) -> float:
    """w_0 + sum_i w_i + MLP([v_1, ..., v_F])."""
    vectors = fields_of(model, batch, sample)
    return linear(model, batch, sample) + perceptron(model, vectors.ravel(), slope)


def deepfm(model: keras.Model, batch: Batch, sample: int, slope: float = 0.0) -> float:
    """Wide & Deep, and the products of the same vectors."""
    return wide_deep(model, batch, sample, slope) + products(fields_of(model, batch, sample))


def xdeepfm(model: keras.Model, batch: Batch, sample: int, slope: float = 0.0) -> float:
    """Wide & Deep, and sum_k w_k . p^k of the maps X^k_h = sum_ij W^k_hij (X^{k-1}_i * v_j), p^k_h = sum_e X^k_he."""
    vectors = maps = fields_of(model, batch, sample)
    sums = []
    for kernel in model.get_layer("cin").get_weights():
        kernel = kernel.reshape(len(maps), len(vectors), -1)
        maps = np.einsum("ie,je,ijh->he", maps, vectors, kernel)
        sums.append(maps.sum(1))
    pairs = (np.concatenate(sums) @ model.get_layer("cin_logit").get_weights()[0]).item()
    return wide_deep(model, batch, sample, slope) + pairs


def bst(model: keras.Model, batch: Batch, sample: int, slope: float = 0.3, block_slope: float = 0.2) -> float:
    """MLP([v of the sample, block(target, newest purchase, ..., oldest)]), zeros in empty places."""
    items = [batch["target"][sample], *batch["history"][sample][::-1]]
    vectors = [looked_up(model, "item_field", batch["items_fields"][item]).ravel() for item in items]
    tokens = np.array([dense(model, "item_token", vector) for vector in vectors])
    tokens += weight(model.get_layer("behaviour_tokens"), "place")
    real = np.array(items) > 0
    outputs = np.zeros_like(tokens)
    outputs[real] = block(model.get_layer("block_1"), tokens[real], block_slope)
    own = looked_up(model, "sample_field", batch["fields"][sample])
    return perceptron(model, np.concatenate([own.ravel(), outputs.ravel()]), slope)


def mmoe(model: keras.Model, task: str, means: np.ndarray, slope: float = 0.0) -> float:
    """A task's w . h(sum_j g_j f_j(b(x))), g = softmax(W x), for the means x of a row."""
    bottom = activated(dense(model, "bottom", means), slope)
    scores = np.exp(dense(model, f"mixing_{task}", means))
    gates = scores / scores.sum()
    mixed = sum(gate * activated(dense(model, f"expert_{number}", bottom), slope) for number, gate in enumerate(gates))
    hidden = activated(dense(model, f"tower_{task}", np.asarray(mixed)), slope)
    return dense(model, f"logit_{task}", hidden).item()


def fields_of(model: keras.Model, batch: Batch, sample: int, name: str = "field") -> np.ndarray:
    """The vectors of the sample's own fields and of its target's: [F, E]."""
    own = looked_up(model, f"sample_{name}", batch["fields"][sample])
    target = looked_up(model, f"item_{name}", batch["items_fields"][batch["target"][sample]])
    return np.concatenate([own, target])


def looked_up(model: keras.Model, name: str, values: np.ndarray) -> np.ndarray:
    """A row for each field's value, of a table in which the fields stand one below the other."""
    layer = model.get_layer(name)
    table, first, rows = weight(layer, "embeddings"), 0, []
    for size, value in zip(layer.sizes, values, strict=True):
        rows.append(table[first + value])
        first += size
    return np.array(rows)


def linear(model: keras.Model, batch: Batch, sample: int) -> float:
    return float(weight(model.get_layer("offset"), "bias") + fields_of(model, batch, sample, "weight").sum())


def products(vectors: np.ndarray) -> float:
    return float(sum(first @ second for first, second in itertools.combinations(vectors, 2)))


def perceptron(model: keras.Model, inputs: np.ndarray, slope: float) -> float:
    """Of the two hidden layers that the tests' models have."""
    for name in ("hidden_1", "hidden_2"):
        inputs = activated(dense(model, name, inputs), slope)
    return dense(model, "logit", inputs).item()


def block(layer: keras.layers.Layer, tokens: np.ndarray, slope: float) -> np.ndarray:
    """A transformer's block in the order of post-norm, on the real tokens of one row [n, E]."""
    size = tokens.shape[1]
    queries, keys, values = np.split(tokens @ weight(layer, "qkv_kernel"), 3, 1)
    queries, values = queries + weight(layer, "query_bias"), values + weight(layer, "value_bias")
    heads = []
    for head in np.split(np.arange(size), layer.num_heads):
        scores = np.exp(queries[:, head] @ keys[:, head].T / np.sqrt(len(head)))
        heads.append(scores / scores.sum(1, keepdims=True) @ values[:, head])
    attended = np.concatenate(heads, 1) @ weight(layer, "output_kernel") + weight(layer, "output_bias")
    hidden = normed(layer.attention_norm, tokens + attended)
    inner = activated(hidden @ weight(layer, "inner_kernel") + weight(layer, "inner_bias"), slope)
    outer = inner @ weight(layer, "outer_kernel") + weight(layer, "outer_bias")
    return normed(layer.feed_forward_norm, hidden + outer)


def normed(layer: keras.layers.Layer, tokens: np.ndarray) -> np.ndarray:
    centred = tokens - tokens.mean(1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(1, keepdims=True) + 1e-6)
    return np.asarray(weight(layer, "gamma") * centred / deviation + weight(layer, "beta"))


def activated(values: np.ndarray, slope: float) -> np.ndarray:
    """Slope 0 is ReLU, 1 the identity."""
    return np.where(values > 0, values, slope * values)


def dense(model: keras.Model, name: str, inputs: np.ndarray) -> np.ndarray:
    layer = model.get_layer(name)
    return np.asarray(inputs @ weight(layer, "kernel") + weight(layer, "bias"))


def weight(layer: keras.layers.Layer, name: str) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(getattr(layer, name)), np.float64)

"""One set of InceptionV4 weights, drawn by name, as TF-slim checkpoints and as timm's safetensors."""

from __future__ import annotations

import json
import os
import zlib

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.encoders.slim_checkpoint import slim_variables
from camenn_tf.encoders.timm_weights import timm_name

GOLDEN = os.path.join(os.path.dirname(__file__), "golden", "inception_v4_seed1.npz")
Weights = dict[str, np.ndarray]


def golden_weight(name: str, shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    """The weights that the golden features were computed with, a function of TF-slim's name and shape."""
    draw = np.random.default_rng(zlib.crc32(name.encode()) ^ seed)
    kind = name.rsplit("/", 1)[-1]
    if kind == "moving_variance":
        return draw.uniform(0.5, 1.5, shape).astype(np.float32)
    scale = {"beta": 0.1, "moving_mean": 0.1, "biases": 0.05, "weights": 0.02}[kind]
    if len(shape) == 4:
        scale = (2.0 / (shape[0] * shape[1] * shape[2])) ** 0.5
    return (draw.standard_normal(shape) * scale).astype(np.float32)


def golden_input(size: int) -> np.ndarray:
    """Two pictures of noise, -1 to 1."""
    return np.random.default_rng(7).uniform(-1, 1, (2, size, size, 3)).astype(np.float32)


def golden_weights(model: keras.Model) -> Weights:
    return {name: golden_weight(name, tuple(v.shape)) for name, v in slim_variables(model).items()}


def write_checkpoint(path: str, weights: Weights, version: int) -> None:
    """A checkpoint of variables of these names: one file, or an index and its data."""
    v1 = tf.compat.v1
    form = v1.train.SaverDef.V1 if version == 1 else v1.train.SaverDef.V2
    with tf.Graph().as_default(), v1.Session() as session:
        variables, feeds = [], {}
        for name, value in weights.items():
            # placeholders: constants of all weights would pass the 2 GB that a graph may have in other networks
            given = v1.placeholder(value.dtype, value.shape)
            variables.append(v1.get_variable(name, initializer=given, use_resource=False))
            feeds[given] = value
        session.run(v1.global_variables_initializer(), feeds)
        v1.train.Saver(variables, write_version=form).save(session, path, write_meta_graph=False, write_state=False)


def write_timm(path: str, weights: Weights, scale: float = 1.0) -> None:
    """The same network as timm stores it, with `scale` in every norm and its inverse before it."""
    tensors: Weights = {}
    for name, value in weights.items():
        theirs = timm_name(name)
        turned = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T
        if theirs.endswith((".conv.weight", ".bn.running_mean")):
            turned = turned / np.float32(scale)
        tensors[theirs] = np.ascontiguousarray(turned)
        if theirs.endswith(".bn.running_mean"):
            norm = theirs.removesuffix("running_mean")
            tensors[norm + "weight"] = np.full(value.shape, scale, np.float32)
            tensors[norm + "num_batches_tracked"] = np.array(7, np.int64)
    write_safetensors(path, tensors)


def write_safetensors(path: str, tensors: Weights) -> None:
    names = {"<f4": "F32", "<i8": "I64"}
    header, begin = {}, 0
    for name, value in tensors.items():
        header[name] = {
            "dtype": names[value.dtype.str],
            "shape": list(value.shape),
            "data_offsets": [begin, begin + value.nbytes],
        }
        begin += value.nbytes
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for value in tensors.values():
            file.write(value.tobytes())

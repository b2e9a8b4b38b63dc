"""Weights of TF-slim checkpoints, by the names of their variables."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.errors import UserError

SCOPE = "InceptionV4"
# Last parts of the names that optimizers and moving averages give their copies of a variable.
COPIES = re.compile(
    r"/(ExponentialMovingAverage|RMSProp(_\d+)?|Momentum|Adam(_\d+)?|AdamOptimizer(_\d+)?|Adagrad|Adadelta(_\d+)?"
    r"|Ftrl(_\d+)?)$"
)
COUNTERS = ("global_step", "beta1_power", "beta2_power")
FEW = 5  # names in a message


def load_slim_checkpoint(model: keras.Model, path: str) -> list[str]:
    """Fills an InceptionV4 from a checkpoint such as inception_v4_2016_09_09; all or nothing.

    Args:
      model: of `InceptionV4`, with or without classifier.
      path: a checkpoint of version 1 (one file) or 2 (its prefix, or its .index file), or a directory with one of them.

    Returns:
      Names that the model has no use for, sorted: the auxiliary head, the classifier of a headless model, step
      counters, optimizer slots and moving averages of weights.

    Raises:
      UserError: no checkpoint, or variables that are missing, unknown or of another shape; it names them.
    """
    reader = _reader(path)
    shapes: dict[str, list[int]] = reader.get_variable_to_shape_map()
    wanted = slim_variables(model)
    skipped = sorted(name for name in shapes if name not in wanted and _is_useless(name, wanted))
    unknown = sorted(set(shapes) - set(wanted) - set(skipped))
    fill(path, wanted, {name: tuple(shapes[name]) for name in shapes}, unknown, reader.get_tensor)
    return skipped


def slim_variables(model: keras.Model) -> dict[str, keras.Variable]:
    """The model's variables by TF-slim's names."""
    out = {}
    for layer in model.layers:
        scope = f"{SCOPE}/{layer.name.replace('.', '/')}"
        if isinstance(layer, keras.layers.Conv2D):
            out[f"{scope}/weights"] = layer.kernel
        elif isinstance(layer, keras.layers.BatchNormalization):
            parts = {"beta": layer.beta, "moving_mean": layer.moving_mean, "moving_variance": layer.moving_variance}
            out.update({f"{scope}/{name}": variable for name, variable in parts.items()})
        elif isinstance(layer, keras.layers.Dense):
            out.update({f"{scope}/weights": layer.kernel, f"{scope}/biases": layer.bias})
    return out


def fill(
    path: str,
    wanted: dict[str, keras.Variable],
    shapes: dict[str, tuple[int, ...]],
    unknown: list[str],
    read: Callable[[str], np.ndarray],
    needed: Mapping[str, keras.Variable] | None = None,
) -> None:
    """Assigns all variables after every name and shape has been checked.

    Args:
      path: for messages.
      wanted: variables by the file's names.
      shapes: what the file has, as the variables are shaped.
      unknown: names of the file that nobody knows.
      read: the values of a name, shaped so.
      needed: further names that must be there, with a variable of the same shape each.

    Raises:
      UserError: names what is missing, unknown or misshapen.
    """
    expected = {**wanted, **(needed or {})}
    missing = sorted(set(expected) - set(shapes))
    misshapen = [
        f"{name} is {list(shapes[name])}, expected {list(variable.shape)}"
        for name, variable in expected.items()
        if name in shapes and tuple(variable.shape) != tuple(shapes[name])
    ]
    for what, names in (("is without", missing), ("has unknown variables", unknown), ("has other shapes", misshapen)):
        if names:
            more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
            raise UserError(f"{path}: {what}: {', '.join(names[:FEW])}{more}; expected the weights of an InceptionV4")
    for name, variable in wanted.items():
        variable.assign(read(name))


def _is_useless(name: str, wanted: dict[str, keras.Variable]) -> bool:
    of = COPIES.sub("", name)
    known = of in wanted or of.startswith((f"{SCOPE}/AuxLogits/", f"{SCOPE}/Logits/"))
    if of != name:
        return known
    headless = f"{SCOPE}/Logits/Logits/weights" not in wanted
    return (
        name in COUNTERS or name.startswith(f"{SCOPE}/AuxLogits/") or (headless and name.startswith(f"{SCOPE}/Logits/"))
    )


def _reader(path: str) -> tf.train.CheckpointReader:
    where = _prefix(path)
    try:
        return tf.train.load_checkpoint(where)
    except Exception as error:  # each version's reader fails in its own way
        raise UserError(
            f"encode.image.weights={path}: is no TF-slim checkpoint ({error}); expected inception_v4.ckpt, the prefix "
            "of an .index file, or a directory with one"
        ) from error


def _prefix(path: str) -> str:
    if not os.path.isdir(path):
        return re.sub(r"\.(index|data-\d+-of-\d+)$", "", path)
    newest = tf.train.latest_checkpoint(path)
    if newest:
        return str(newest)
    found = {re.sub(r"\.(index|data-\d+-of-\d+)$", "", name) for name in os.listdir(path) if ".ckpt" in name}
    found = {name for name in found if not name.endswith((".meta", ".tmp"))}
    if len(found) != 1:
        raise UserError(f"encode.image.weights={path}: holds {len(found)} checkpoints, expected one; name its file")
    return os.path.join(path, found.pop())

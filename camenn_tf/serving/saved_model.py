"""Writes a `Recommender` as a SavedModel in the layout of TF Serving: `<model>/<version>/`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from camenn_tf.dataset.storage import refuse_foreign, written_aside
from camenn_tf.errors import UserError
from camenn_tf.serving.recommender import Recommender, Specs

_MARK = "saved_model.pb"  # a directory that has it is a SavedModel
DESCRIPTION = os.path.join("assets.extra", "signatures.json")  # the folder that TF Serving leaves alone


def save(recommender: Recommender, directory: str, version: int, description: Mapping[str, Any]) -> str:
    """Traces the signatures and writes the model aside, then puts it in place (of an earlier one of this version).

    Args:
      recommender: the model and its inputs.
      directory: the model's directory.
      version: a positive number; TF Serving serves the largest.
      description: what `assets.extra/signatures.json` says besides the inputs' names, types and shapes.

    Returns:
      The path of the version.

    Raises:
      UserError: as `version_directory`.
    """
    target = version_directory(directory, version)
    with written_aside(target) as aside:  # a name that is no number: TF Serving does not take it for a version
        tf.saved_model.save(recommender, aside, signatures=trace(recommender))
        _describe(aside, recommender.specs(), description)
    return target


def version_directory(directory: str, version: int) -> str:
    """Where a version goes. Raises UserError for what TF Serving takes for none, or if other files are there."""
    if version < 1:
        raise UserError(f"export.version={version}: expected a number of at least 1 (--version wins over the run's)")
    target = os.path.join(directory, str(version))
    refuse_foreign(target, _MARK)
    return target


def trace(recommender: Recommender) -> dict[str, Any]:
    """The signatures as concrete functions of named tensors, with `serving_default` = the first: `rank`, or `align`."""
    signatures = {}
    for name, specs in recommender.specs().items():
        method = getattr(recommender, name)
        signatures[name] = tf.function(method, input_signature=[specs], autograph=False).get_concrete_function()
    return {**signatures, "serving_default": next(iter(signatures.values()))}


def _describe(directory: str, specs: Mapping[str, Specs], description: Mapping[str, Any]) -> None:
    path = os.path.join(directory, DESCRIPTION)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    inputs = {
        name: {key: {"dtype": spec.dtype.name, "shape": _shape(spec)} for key, spec in sorted(parts.items())}
        for name, parts in specs.items()
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**description, "default": next(iter(specs)), "inputs": inputs}, file, ensure_ascii=False, indent=1)
        file.write("\n")


def _shape(spec: tf.TensorSpec) -> list[int | None] | str:
    return "any" if spec.shape.rank is None else spec.shape.as_list()

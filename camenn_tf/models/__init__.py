"""One file a model; `MODELS` maps names to builders (config, spec) -> keras.Model."""

from collections.abc import Callable

import keras
from ml_collections import ConfigDict

from camenn_tf.models.camenn import camenn
from camenn_tf.models.spec import ModelSpec

MODELS: dict[str, Callable[[ConfigDict, ModelSpec], keras.Model]] = {"camenn": camenn}

__all__ = ["MODELS", "ModelSpec"]

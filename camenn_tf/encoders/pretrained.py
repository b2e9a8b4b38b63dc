"""What the pretrained image encoders share: precision, one network over all patches, norms that stand still."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np


@contextlib.contextmanager
def precision_of(trains_along: bool) -> Iterator[None]:
    """Builds frozen networks in float32, whatever the run trains in: their features are those that were stored."""
    policy = keras.config.dtype_policy()
    if not trains_along:
        keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


def over_patches(
    network: Callable[[Any], Any], patches: int, patch_shape: tuple[int, int, int], dim: int, name: str
) -> keras.Model:
    """A model that applies a network to each patch by itself.

    Args:
      network: pixels [m, h, w, 3] float32, 0 to 255 -> [m, dim].
      patches: P.
      patch_shape: h, w, 3.
      dim: width of a vector.
      name: of the model.

    Returns:
      uint8 [n, P, h, w, 3] -> [n, P, dim].
    """
    pixels = keras.Input([patches, *patch_shape], dtype="uint8", name="pixels")
    each = keras.ops.reshape(keras.ops.cast(pixels, "float32"), (-1, *patch_shape))
    return keras.Model(pixels, keras.ops.reshape(network(each), (-1, patches, dim)), name=name)


def keep_statistics(network: keras.Model) -> None:
    """Has batch norms keep their statistics in training, too: a picture's vectors must not depend on its batch."""
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def draw_weights(network: keras.Model) -> None:
    """Weights that another process draws alike, since features and exported model must be of one network.

    Of He's size: Keras' own, made for batch norms that train, would fade to nothing behind norms that stand still.
    """
    for number, weight in enumerate(network.weights):
        if len(weight.shape) > 1:
            inputs = 1 if len(weight.shape) == 4 and weight.shape[-1] == 1 else weight.shape[-2]  # 1: depthwise
            deviation = (2 / (inputs * np.prod(weight.shape[:-2]))) ** 0.5
            weight.assign(np.random.default_rng(number).normal(0, deviation, weight.shape))

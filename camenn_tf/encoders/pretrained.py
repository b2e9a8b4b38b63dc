"""What the pretrained image encoders share: weights files, precision, and one network over all patches."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import keras

from camenn_tf.errors import UserError


def check_weights_file(path: str, sha256: str = "") -> None:
    """Refuses a file that is missing or another one than meant.

    Args:
      path: `encode.image.weights`.
      sha256: `encode.image.sha256`, hexadecimal; empty = any file.

    Raises:
      UserError: names the key, the value and what to do.
    """
    if not os.path.isfile(path):
        raise UserError(f"encode.image.weights={path}: no such file; name a weights file that is there")
    if not sha256:
        return
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise UserError(
            f"encode.image.sha256={sha256}: {path} has {found}; fetch the file again, or correct or empty the key"
        )


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

"""What the pretrained image encoders share: weights files, precision, and one network over all patches."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from absl import logging

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


def weights_file(name: str, sha256: str = "") -> str:
    """The local path of a weights file, downloaded once if it is a URL.

    Args:
      name: `encode.image.weights`: a path, or a URL; a TF-slim checkpoint's prefix or directory is a path, too.
      sha256: `encode.image.sha256`, of a file; empty = any.

    Raises:
      UserError: no such file, no such address, or another file than meant.
    """
    if "://" in name:
        name = _downloaded(name, sha256)
    if os.path.isdir(name) or (not os.path.exists(name) and os.path.exists(f"{name}.index")):
        if sha256:
            raise UserError(
                f"encode.image.sha256={sha256}: {name} is a checkpoint of several files; empty the key, or name one"
            )
        return name
    check_weights_file(name, sha256)
    return name


def _downloaded(url: str, sha256: str) -> str:
    """Into the user's cache, under a name that tells addresses apart; written aside, then renamed."""
    cache = os.environ.get("CAMENN_CACHE") or os.path.join(os.path.expanduser("~"), ".cache", "camenn_tf")
    base = os.path.basename(urllib.parse.urlparse(url).path)
    path = os.path.join(cache, hashlib.sha256(url.encode()).hexdigest()[:12], base)
    if os.path.exists(path):
        return path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    aside = f"{path}.{os.getpid()}.part"
    logging.info("downloading %s", url)
    try:
        with urllib.request.urlopen(url, timeout=60) as source, open(aside, "wb") as file:
            shutil.copyfileobj(source, file)
        if sha256:
            check_weights_file(aside, sha256)
        os.replace(aside, path)
    except OSError as error:  # URLError is one
        raise UserError(
            f"encode.image.weights={url}: could not be downloaded ({error}); fetch the file elsewhere and name its path"
        ) from error
    finally:
        if os.path.exists(aside):
            os.remove(aside)
    return path


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


def draw_weights(network: keras.Model) -> None:
    """Weights that another process draws alike, since features and exported model must be of one network.

    Of He's size: Keras' own, made for batch norms that train, would fade to nothing behind norms that stand still.
    """
    for number, weight in enumerate(network.weights):
        if len(weight.shape) > 1:
            inputs = 1 if len(weight.shape) == 4 and weight.shape[-1] == 1 else weight.shape[-2]  # 1: depthwise
            deviation = (2 / (inputs * np.prod(weight.shape[:-2]))) ** 0.5
            weight.assign(np.random.default_rng(number).normal(0, deviation, weight.shape))

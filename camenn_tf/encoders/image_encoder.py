"""Image encoders: picture files to patches to one vector a patch."""

from __future__ import annotations

import abc
import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.encoders import pictures

PIXELS_A_CALL = 2_000_000  # a large network needs 1 KB and more of memory for each


class ImageEncoder(abc.ABC):
    """Cuts a picture into grid x grid patches and encodes each of them by itself.

    Attributes:
      name: registered name, with what stands behind its colon.
      grid: patches a side.
      patch_shape: pixels of a patch as the network reads it: height, width, 3.
      dim: width of a patch's vector.
      trains_along: whether the network is trained with the model (stored are uint8 patches) or frozen (stored are
        vectors).
      config: JSON-able settings from which `factory` rebuilds the encoder.
      fingerprint: hash of name, settings and (frozen) weights.
    """

    name: str
    grid: int
    patch_shape: tuple[int, int, int]
    dim: int
    trains_along: bool

    @property
    @abc.abstractmethod
    def config(self) -> dict[str, Any]:
        """JSON-able settings from which `factory` rebuilds the encoder."""

    @property
    @abc.abstractmethod
    def fingerprint(self) -> str:
        """Hash of name, settings and weights; equal fingerprints mean equal features."""

    @property
    @abc.abstractmethod
    def model(self) -> keras.Model:
        """Patches uint8 [n, P, h, w, 3] to vectors float [n, P, dim]."""

    @property
    def patches(self) -> int:
        """P = grid * grid."""
        return self.grid * self.grid

    def pixels(self, image_bytes: tf.Tensor) -> tf.Tensor:
        """One picture file (tf.string scalar) to patches uint8 [P, h, w, 3]; raises on a broken file."""
        return pictures.to_patches(image_bytes, self.grid, self.patch_shape[:2])

    def pixels_or_none(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Picture files (tf.string [n]) to patches uint8 [n, P, h, w, 3] and has_image bool [n].

        A broken or empty file has zeros and False, and leaves the others alone; works in exported signatures.
        """
        return pictures.decode_or_none(images, self.grid, self.patch_shape[:2])

    def encode(self, images: Sequence[bytes]) -> np.ndarray:
        """Vectors float32 [n, P, dim] of picture files; raises tf.errors.InvalidArgumentError on a broken one."""
        if not images:
            return np.zeros((0, self.patches, self.dim), np.float32)
        return self.encode_pixels(np.stack([self.pixels(tf.constant(image)).numpy() for image in images]))

    def encode_pixels(self, pixels: np.ndarray) -> np.ndarray:
        """Vectors float32 [n, P, dim] of patches uint8 [n, P, h, w, 3]."""
        step = max(1, PIXELS_A_CALL // (self.patches * self.patch_shape[0] * self.patch_shape[1]))
        parts = [self._vectors(tf.constant(pixels[first : first + step])) for first in range(0, len(pixels), step)]
        none = np.zeros((0, self.patches, self.dim), np.float32)
        return np.concatenate([none, *(part.numpy().astype(np.float32) for part in parts)])

    @functools.cached_property
    def _vectors(self) -> Any:
        model = self.model
        return tf.function(
            lambda pixels: model(pixels, training=False),
            input_signature=[tf.TensorSpec([None, self.patches, *self.patch_shape], tf.uint8)],
        )

"""The image encoder that needs no download: a small convolutional network over each patch."""

from __future__ import annotations

import functools
from typing import Any

import keras

from camenn_tf.encoders.fingerprint import fingerprint
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.picture_jitter import PictureJitter
from camenn_tf.errors import UserError

STEM = 32  # channels after the first convolution
LATER = ((48, 2), (64, 2), (96, 1))  # channels and stride of the later ones


class ScratchImage(ImageEncoder):
    """Four convolutions, the mean over places, layer norm and a projection; trains along with the model.

    Norms between the convolutions would cost more than these on a CPU; He's initial values do without.
    Each picture counts by itself: there are no batch statistics, so a picture's vectors do not depend on its batch.

    Args:
      grid: patches a side of the picture.
      patch_size: pixels a side of a patch, at least 8.
      dim: width of a patch's vector.
    """

    name = "scratch"
    trains_along = True

    def __init__(self, grid: int, patch_size: int, dim: int) -> None:
        if patch_size < 8:
            raise UserError(f"encode.image.patch_size={patch_size}: the network needs patches of at least 8 pixels")
        self.grid, self.dim = grid, dim
        self.patch_shape = (patch_size, patch_size, 3)

    @property
    def config(self) -> dict[str, Any]:
        return {"name": self.name, "grid": self.grid, "patch_size": self.patch_shape[0], "dim": self.dim}

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.name, self.config)

    @functools.cached_property
    def model(self) -> keras.Model:
        pixels = keras.Input([self.patches, *self.patch_shape], dtype="uint8", name="pixels")  # [n, P, h, w, 3]
        x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(pixels)
        x = PictureJitter(name="jitter")(x)
        x = keras.ops.reshape(x, (-1, *self.patch_shape))  # [n P, h, w, 3]
        x = keras.layers.Conv2D(STEM, 4, strides=4, kernel_initializer="he_normal", name="conv_0")(x)
        for number, (width, stride) in enumerate(LATER, 1):
            x = keras.layers.Activation("relu", name=f"relu_{number}")(x)
            x = keras.layers.Conv2D(
                width, 3, strides=stride, padding="same", kernel_initializer="he_normal", name=f"conv_{number}"
            )(x)
        x = keras.layers.Activation("relu", name="relu")(x)
        x = keras.layers.GlobalAveragePooling2D(name="pool")(x)  # [n P, c]
        x = keras.layers.LayerNormalization(name="norm")(x)
        x = keras.layers.Dense(self.dim, name="project")(x)
        return keras.Model(pixels, keras.ops.reshape(x, (-1, self.patches, self.dim)), name="scratch_image")

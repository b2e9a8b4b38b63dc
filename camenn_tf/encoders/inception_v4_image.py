"""The paper's image encoder: InceptionV4 with ImageNet weights, its pooled features of each patch."""

from __future__ import annotations

import functools
from typing import Any

import keras
from absl import logging

from camenn_tf.encoders.fingerprint import fingerprint, hash_arrays
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.inception_v4 import FEATURES, InceptionV4, load_slim_checkpoint, load_timm_weights
from camenn_tf.encoders.pretrained import draw_weights, over_patches, precision_of, weights_file

USUAL_SIDE = 299


class InceptionV4Image(ImageEncoder):
    """InceptionV4's 1536 pooled features of each patch (docs/FIDELITY.md 6).

    Batch norms keep the statistics they were trained with, also where the network trains along.

    Args:
      grid: patches a side of the picture.
      patch_size: pixels a side of a patch, at least 75; 0 = 299.
      weights: path or URL of a TF-slim checkpoint or of timm's .safetensors; empty: random ones, the same each time.
      sha256: of the weights file, hexadecimal; empty = any.
      trains_along: whether the network is trained with the model.

    Raises:
      UserError: weights that are not there, not those, or of another network; too small a patch.
    """

    name = "inception_v4"
    dim = FEATURES

    def __init__(
        self, grid: int, patch_size: int, weights: str = "", sha256: str = "", trains_along: bool = False
    ) -> None:
        side = patch_size or USUAL_SIDE
        self.grid, self.trains_along = grid, trains_along
        self.patch_shape = (side, side, 3)
        self._weights, self._sha256 = weights, sha256
        path = weights_file(weights, sha256) if weights else ""
        with precision_of(trains_along):
            self._network = InceptionV4(side)
        if path:
            load = load_timm_weights if path.endswith(".safetensors") else load_slim_checkpoint
            logging.info("%s: filled inception_v4, %d variables not needed", path, len(load(self._network, path)))
        else:
            logging.warning(
                "inception_v4 without weights: its features are those of a random network (encode.image.weights)"
            )
            draw_weights(self._network)
        for layer in self._network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False  # Keras then uses the stored statistics in training, too

    @property
    def config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "grid": self.grid,
            "patch_size": self.patch_shape[0],
            "weights": self._weights,
            "sha256": self._sha256,
            "trains_along": self.trains_along,
        }

    @functools.cached_property
    def fingerprint(self) -> str:
        settings = {"grid": self.grid, "patch_size": self.patch_shape[0], "trains_along": self.trains_along}
        if self.trains_along:
            return fingerprint(self.name, settings)
        weights = hash_arrays(keras.ops.convert_to_numpy(weight) for weight in self._network.weights)
        return fingerprint(self.name, settings, weights)

    @functools.cached_property
    def model(self) -> keras.Model:
        with precision_of(self.trains_along):
            model = over_patches(
                lambda pixels: self._network(pixels / 127.5 - 1.0),
                self.patches,
                self.patch_shape,
                self.dim,
                "inception_v4_image",
            )
        if not self.trains_along:
            model.trainable = False
        return model

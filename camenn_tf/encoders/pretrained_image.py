"""What image encoders around a pretrained network have in common."""

from __future__ import annotations

import abc
import functools
from typing import Any

import keras

from camenn_tf.encoders.fingerprint import fingerprint, hash_arrays
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.pretrained import over_patches, precision_of


class PretrainedImage(ImageEncoder):
    """A network that was trained elsewhere, applied to each patch; frozen, or trained along with the model.

    Args:
      name: registered name, with what stands behind its colon.
      grid: patches a side of the picture.
      size: height and width of a patch.
      trains_along: whether the network is trained with the model.
      network: prepared pixels [m, h, w, 3] -> vectors [m, dim].
      dim: width of a vector.
    """

    def __init__(
        self, name: str, grid: int, size: tuple[int, int], trains_along: bool, network: keras.Layer, dim: int
    ) -> None:
        self.name, self.grid, self.trains_along = name, grid, trains_along
        self.patch_shape, self.dim = (*size, 3), dim
        self._network = network

    @abc.abstractmethod
    def _prepared(self, pixels: Any) -> Any:
        """Pixels of 0 to 255, float [m, h, w, 3], as the network wants them."""

    @property
    def _identity(self) -> str:
        """What of the name belongs to the fingerprint."""
        return self.name

    @property
    def config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "grid": self.grid,
            "patch_size": self.patch_shape[0],
            "trains_along": self.trains_along,
        }

    @functools.cached_property
    def fingerprint(self) -> str:
        settings = {"grid": self.grid, "patch_shape": self.patch_shape, "trains_along": self.trains_along}
        if self.trains_along:
            return fingerprint(self._identity, settings)
        weights = hash_arrays(keras.ops.convert_to_numpy(weight) for weight in self._network.weights)
        return fingerprint(self._identity, settings, weights)

    @functools.cached_property
    def model(self) -> keras.Model:
        with precision_of(self.trains_along):
            model = over_patches(
                lambda pixels: self._network(self._prepared(pixels)),
                self.patches,
                self.patch_shape,
                self.dim,
                f"{self.name.partition(':')[0]}_image",
            )
        if not self.trains_along:
            model.trainable = False
        return model

"""Image feature vectors of TensorFlow Hub."""

from __future__ import annotations

import functools
from typing import Any

import keras

from camenn_tf.encoders.fingerprint import fingerprint, hash_arrays
from camenn_tf.encoders.hub_layer import HubLayer, stated_size
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.pretrained import over_patches, precision_of
from camenn_tf.errors import UserError

PREFIX = "tfhub:"


class TfHubImage(ImageEncoder):
    """A TF2 module of the kind 'image feature vector': float images [n, h, w, 3] of 0 to 1 -> [n, D].

    Args:
      name: `tfhub:<handle>`; the handle is a local directory, a URL or a handle of the hub.
      grid: patches a side of the picture.
      patch_size: pixels a side of a patch; 0 = the size that the module's signature states.
      trains_along: whether the module is trained with the model.

    Raises:
      UserError: no such module, one of another format, or a patch size that it does not take.
    """

    def __init__(self, name: str, grid: int, patch_size: int, trains_along: bool = False) -> None:
        self.name, self.grid, self.trains_along = name, grid, trains_along
        self._layer = _loaded(name, trains_along)
        self.patch_shape = (*_side(name, patch_size, stated_size(self._layer.module)), 3)
        try:
            self.dim = self._layer.compute_output_shape((None, *self.patch_shape))[-1] or 0
        except Exception as error:
            raise UserError(f"encode.image.name={name}: {_not_ours(error, self.patch_shape)}") from error

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
        # without the handle: moving a directory changes nothing
        settings = {"grid": self.grid, "patch_shape": self.patch_shape, "trains_along": self.trains_along}
        if self.trains_along:
            return fingerprint(PREFIX, settings)
        weights = hash_arrays(keras.ops.convert_to_numpy(weight) for weight in self._layer.weights)
        return fingerprint(PREFIX, settings, weights)

    @functools.cached_property
    def model(self) -> keras.Model:
        def network(pixels: Any) -> Any:
            return self._layer(pixels / 255.0)

        with precision_of(self.trains_along):
            model = over_patches(network, self.patches, self.patch_shape, self.dim, "tfhub_image")
        if not self.trains_along:
            model.trainable = False
        return model


def _loaded(name: str, trains_along: bool) -> HubLayer:
    handle = name.removeprefix(PREFIX)
    if not handle:
        raise UserError(f"encode.image.name={name}: names no module; expected {PREFIX}<directory, URL or handle>")
    try:
        return HubLayer(handle, trainable=trains_along, name="hub")
    except TypeError as error:
        raise UserError(f"encode.image.name={name}: {_not_ours(error)}") from error
    except Exception as error:  # whatever a file system, a network or a damaged file makes TensorFlow say
        raise UserError(
            f"encode.image.name={name}: could not be loaded ({type(error).__name__}: {error}); expected a directory "
            "with saved_model.pb, or the address of one. Without a network, download the module elsewhere, unpack it "
            "and name its directory"
        ) from error


def _side(name: str, patch_size: int, stated: tuple[int, int] | None) -> tuple[int, int]:
    if stated is None:
        if not patch_size:
            raise UserError(f"encode.image.patch_size=0: {name} states no input size; set the one in its documentation")
        return patch_size, patch_size
    if patch_size and (patch_size, patch_size) != stated:
        raise UserError(
            f"encode.image.patch_size={patch_size}: {name} takes {stated[0]} x {stated[1]} pixels only; set 0 for that"
        )
    return stated


def _not_ours(error: Exception, shape: tuple[int, ...] = ()) -> str:
    given = f" of {shape}" if shape else ""
    return (
        "is no image feature vector in TF2 format, which maps images [n, h, w, 3] to vectors [n, D]"
        f"{given} ({type(error).__name__}: {error}); choose a module of this kind"
    )

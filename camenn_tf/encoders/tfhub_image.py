"""Image feature vectors of TensorFlow Hub."""

from __future__ import annotations

from typing import Any

from camenn_tf.encoders.hub_layer import HubLayer, stated_size
from camenn_tf.encoders.pretrained_image import PretrainedImage
from camenn_tf.encoders.stored_path import stored_path
from camenn_tf.errors import UserError

PREFIX = "tfhub:"


class TfHubImage(PretrainedImage):
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
        layer = _loaded(name, trains_along)
        size = _side(name, patch_size, stated_size(layer.module))
        try:
            dim = layer.compute_output_shape((None, *size, 3))[-1] or 0
        except Exception as error:
            raise UserError(f"encode.image.name={name}: {_not_ours(error, (*size, 3))}") from error
        place = PREFIX + stored_path(name.removeprefix(PREFIX))
        super().__init__(place, grid, size, trains_along, layer, dim)

    @property
    def _identity(self) -> str:
        return PREFIX  # moving a directory changes nothing

    def _prepared(self, pixels: Any) -> Any:
        return pixels / 255.0


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

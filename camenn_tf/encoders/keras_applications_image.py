"""The image networks of keras.applications by the names of their classes: VGG16, InceptionV3, ResNet50 and others."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from absl import logging

from camenn_tf.encoders.pretrained import draw_weights, keep_statistics, precision_of
from camenn_tf.encoders.pretrained_image import PretrainedImage
from camenn_tf.encoders.stored_path import stored_path
from camenn_tf.encoders.weights_file import check_weights_file
from camenn_tf.errors import UserError

PREFIX = "keras_applications:"
USUAL_SIDE = 224
# Pixels a side that the other networks were trained with; keras says so only in the middle of building one.
SIDES = {
    "InceptionV3": 299,
    "InceptionResNetV2": 299,
    "Xception": 299,
    "NASNetLarge": 331,
    **{f"EfficientNetB{number}": side for number, side in enumerate((224, 240, 260, 300, 380, 456, 528, 600))},
    **{f"EfficientNetV2B{number}": side for number, side in enumerate((224, 240, 260, 300))},
    "EfficientNetV2S": 384,
    "EfficientNetV2M": 480,
    "EfficientNetV2L": 480,
}
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)  # of the colours, 0 to 1


class KerasApplicationsImage(PretrainedImage):
    """A network's features, averaged over places, of each patch.

    The network's own `preprocess_input` is part of the model, so that stored patches stay uint8. Batch norms keep the
    statistics they were trained with, also where the network trains along: a picture's vectors never depend on its
    batch.

    Args:
      name: `keras_applications:<class>`, such as `keras_applications:VGG16`.
      grid: patches a side of the picture.
      patch_size: pixels a side of a patch; 0 = what the network was trained with.
      weights: `imagenet`, which downloads them once; a weights file of the class without its top; or empty: none
        but random ones, the same each time.
      sha256: of the weights file, hexadecimal; empty = any.
      trains_along: whether the network is trained with the model.

    Raises:
      UserError: no such class, unusable patch size, or weights that are not there, not those or not fitting.
    """

    def __init__(
        self, name: str, grid: int, patch_size: int, weights: str = "", sha256: str = "", trains_along: bool = False
    ) -> None:
        make = _application(name)
        side = patch_size or SIDES.get(make.__name__, USUAL_SIDE)
        if weights and weights != "imagenet":
            check_weights_file(weights, sha256)
        if not weights:
            logging.warning(
                "%s without weights: its features are those of a random network (encode.image.weights)", name
            )
        with precision_of(trains_along):
            network = _built(name, make, side, weights)
        place = weights if weights == "imagenet" else stored_path(weights)
        self._source = {"weights": place, "sha256": sha256}
        self._preprocess: Callable[[Any], Any] = importlib.import_module(make.__module__).preprocess_input
        super().__init__(name, grid, (side, side), trains_along, network, int(network.output_shape[-1]))

    @property
    def config(self) -> dict[str, Any]:
        return {**super().config, **self._source}

    def _prepared(self, pixels: Any) -> Any:
        return self._preprocess(pixels)


def _built(name: str, make: Callable[..., keras.Model], side: int, weights: str) -> keras.Model:
    network = _made(name, make, side, "imagenet" if weights == "imagenet" else None)
    if weights and weights != "imagenet":
        _load(network, name, weights)
        if make.__module__.endswith(".efficientnet"):
            _like_imagenet(network)
    elif not weights:
        draw_weights(network)
    keep_statistics(network)
    return network


def _made(name: str, make: Callable[..., keras.Model], side: int, weights: str | None) -> keras.Model:
    try:
        return make(weights=weights, include_top=False, pooling="avg", input_shape=(side, side, 3))
    except ValueError as error:  # too small to be halved so many times
        raise UserError(f"encode.image.patch_size={side}: {name} says: {error}; 0 takes its own size") from error
    except Exception as error:  # keras.utils.get_file raises a bare Exception where there is no network
        raise UserError(
            f"encode.image.weights=imagenet: the weights of {name} could not be downloaded ({error}); fetch "
            "the file 'notop' on a machine with a network and set encode.image.weights to its path"
        ) from error


def _load(network: keras.Model, name: str, weights: str) -> None:
    try:
        network.load_weights(weights)
    except Exception as error:  # h5py, Keras and zipfile each have their own
        raise UserError(
            f"encode.image.weights={weights}: does not fit {name} ({error}); expected a Keras weights file of this "
            "class made with include_top=False"
        ) from error


def _application(name: str) -> Callable[..., keras.Model]:
    wanted = name.removeprefix(PREFIX)
    known = {key: value for key, value in vars(keras.applications).items() if inspect.isfunction(value)}
    if wanted not in known:
        raise UserError(f"encode.image.name={name!r}: unknown, expected {PREFIX}<one of {', '.join(sorted(known))}>")
    return known[wanted]


def _like_imagenet(network: keras.Model) -> None:
    """Keras divides EfficientNet's pixels once more, but only where it downloads ImageNet's weights itself."""
    for layer in network.layers:
        # Keras leaves the mean at 0 in networks that do not descend from these weights.
        if isinstance(layer, keras.layers.Normalization) and np.any(layer.adapt_mean):
            layer.adapt_variance.assign(layer.adapt_variance * IMAGENET_DEVIATION)
            layer.finalize_state()

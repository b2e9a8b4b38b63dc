"""The networks of keras.applications."""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl import logging

from camenn_tf.config import default_config
from camenn_tf.encoders.factory import image_encoder
from camenn_tf.encoders.keras_applications_image import SIDES, USUAL_SIDE, KerasApplicationsImage
from camenn_tf.errors import UserError
from tests.encoders.picture_files import file_of, nine_colours

SMALL = "keras_applications:MobileNetV3Small"  # the quickest to build
SIDE = 32


def pixels(count: int = 2, side: int = SIDE, patches: int = 1) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, patches, side, side, 3), np.uint8)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A weights file of VGG16 without its top."""
    keras.utils.set_random_seed(3)
    path = str(tmp_path_factory.mktemp("weights") / "vgg16.weights.h5")
    keras.applications.VGG16(weights=None, include_top=False).save_weights(path)
    return path


NAMES = [name for name, _ in inspect.getmembers(keras.applications, inspect.isfunction)]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("MobileNetV3")])  # these say nothing
def test_input_sizes_are_those_of_keras(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class SeenError(Exception):
        pass

    def seen(*_: Any, default_size: int, **__: Any) -> None:
        raise SeenError(default_size)

    monkeypatch.setattr("keras.src.applications.imagenet_utils.obtain_input_shape", seen)
    with pytest.raises(SeenError) as stopped:
        getattr(keras.applications, name)(weights=None)
    assert stopped.value.args[0] == SIDES.get(name, USUAL_SIDE)


def test_features_are_those_of_keras(weights: str) -> None:
    settings = default_config().encode.image
    settings.update({"name": "keras_applications:VGG16", "grid": 2, "weights": weights})
    encoder = image_encoder(settings)
    assert isinstance(encoder, KerasApplicationsImage) and not encoder.trains_along
    assert encoder.patch_shape == (32, 32, 3) and encoder.dim == 512 and not encoder.model.trainable_variables
    network = keras.applications.VGG16(weights=weights, include_top=False, pooling="avg", input_shape=(32, 32, 3))
    each = pixels(patches=4).reshape(-1, SIDE, SIDE, 3).astype(np.float32)
    expected = network.predict(keras.applications.vgg16.preprocess_input(each), verbose=0).reshape(2, 4, 512)
    out = encoder.encode_pixels(pixels(patches=4))
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    assert np.abs(out - out.mean()).max() > 0
    assert image_encoder(encoder.config).fingerprint == encoder.fingerprint


def test_weights_make_the_fingerprint(weights: str) -> None:
    with_weights = KerasApplicationsImage("keras_applications:VGG16", 1, 32, weights)
    without = KerasApplicationsImage("keras_applications:VGG16", 1, 32)
    assert with_weights.fingerprint != without.fingerprint


def test_own_size_and_whole_pictures() -> None:
    encoder = KerasApplicationsImage(SMALL, 2, 0)
    assert encoder.patch_shape == (224, 224, 3)
    vectors = encoder.encode([file_of(nine_colours())])
    assert vectors.shape == (1, 4, encoder.dim) and np.isfinite(vectors).all()
    assert vectors.std() > 1e-3  # a random network still tells colours apart


def test_without_weights_it_says_so_and_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(logging, "warning", lambda message, *rest: said.append(message % rest))
    name = "keras_applications:VGG16"
    one, other = KerasApplicationsImage(name, 1, SIDE), KerasApplicationsImage(name, 1, SIDE)
    assert len(said) == 2 and "without weights" in said[0] and "encode.image.weights" in said[0]
    assert one.fingerprint == other.fingerprint
    np.testing.assert_array_equal(one.encode_pixels(pixels()), other.encode_pixels(pixels()))


def test_trains_along_without_touching_batch_statistics() -> None:
    keras.utils.set_random_seed(5)
    encoder = KerasApplicationsImage("keras_applications:MobileNet", 1, SIDE, trains_along=True)
    model = encoder.model
    statistics = [np.array(variable) for variable in model.non_trainable_variables]
    assert len(statistics) == 4 * 27  # its 27 batch norms
    with tf.GradientTape() as tape:
        vectors = model(pixels(), training=True)
        total = tf.reduce_sum(vectors**2)
    gradients = tape.gradient(total, model.trainable_variables)
    assert len(gradients) == 27 and all(np.abs(gradient).max() > 0 for gradient in gradients)
    np.testing.assert_array_equal(vectors, model(pixels(), training=False))
    for old, new in zip(statistics, model.non_trainable_variables, strict=True):
        np.testing.assert_array_equal(old, np.array(new))


def test_efficientnet_from_a_file_is_what_keras_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keras.utils.set_random_seed(4)
    arguments: dict[str, Any] = {"include_top": False, "pooling": "avg", "input_shape": (SIDE, SIDE, 3)}
    made = keras.applications.EfficientNetB0(weights=None, **arguments)
    norm = next(layer for layer in made.layers if isinstance(layer, keras.layers.Normalization))
    norm.adapt_mean.assign([0.485, 0.456, 0.406])
    norm.adapt_variance.assign([0.229, 0.224, 0.225])
    path = str(tmp_path / "b0.weights.h5")
    made.save_weights(path)
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *_, **__: path)
    name = "keras_applications:EfficientNetB0"
    downloaded = np.array(KerasApplicationsImage(name, 1, SIDE, "imagenet").model(pixels()))
    from_file = np.array(KerasApplicationsImage(name, 1, SIDE, path).model(pixels()))
    assert np.abs(downloaded).max() > 0
    np.testing.assert_allclose(from_file, downloaded, rtol=1e-3, atol=1e-4 * np.abs(downloaded).max())


def test_imagenet_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> str:
        raise Exception("URL fetch failure on https://...")  # what Keras raises

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", unreachable)
    with pytest.raises(UserError, match=r"encode.image.weights=imagenet: .*URL fetch failure.*fetch the file"):
        KerasApplicationsImage(SMALL, 1, SIDE, "imagenet")


def test_weights_files(weights: str, tmp_path: Path) -> None:
    digest = hashlib.sha256(Path(weights).read_bytes()).hexdigest()
    KerasApplicationsImage("keras_applications:VGG16", 1, SIDE, weights, digest.upper())
    with pytest.raises(UserError, match=f"encode.image.sha256=abc: .*{digest}"):
        KerasApplicationsImage("keras_applications:VGG16", 1, SIDE, weights, "abc")
    with pytest.raises(UserError, match=r"encode.image.weights=.*none.h5: no such file"):
        KerasApplicationsImage("keras_applications:VGG16", 1, SIDE, str(tmp_path / "none.h5"))
    with pytest.raises(UserError, match=r"encode.image.weights=.*does not fit keras_applications:MobileNetV3Small"):
        KerasApplicationsImage(SMALL, 1, SIDE, weights)
    broken = tmp_path / "broken.weights.h5"
    broken.write_bytes(b"no weights")
    with pytest.raises(UserError, match="does not fit"):
        KerasApplicationsImage(SMALL, 1, SIDE, str(broken))


@pytest.mark.parametrize("name", ["vgg16", "VGG", "", "vgg16.VGG16", "imagenet_utils"])
def test_unknown_names_list_the_known_ones(name: str) -> None:
    with pytest.raises(UserError, match=r"encode.image.name='keras_applications:.*unknown, expected .*VGG16, VGG19"):
        KerasApplicationsImage(f"keras_applications:{name}", 1, SIDE)


def test_patches_that_are_too_small() -> None:
    with pytest.raises(UserError, match=r"encode.image.patch_size=32: keras_applications:InceptionV3 says: .*75"):
        KerasApplicationsImage("keras_applications:InceptionV3", 1, SIDE)


def test_large_batches_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("camenn_tf.encoders.image_encoder.PIXELS_A_CALL", 3 * SIDE * SIDE)
    encoder = KerasApplicationsImage(SMALL, 1, SIDE)
    sizes: list[int] = []
    compute = encoder._vectors

    def watched(values: tf.Tensor) -> tf.Tensor:
        sizes.append(len(values))
        return compute(values)

    encoder.__dict__["_vectors"] = watched
    out = encoder.encode_pixels(pixels(7))
    assert sizes == [3, 3, 1] and out.shape == (7, 1, encoder.dim)
    np.testing.assert_allclose(out[3:4], encoder.encode_pixels(pixels(7)[3:4]), rtol=1e-4, atol=1e-5)

"""Image feature vectors of TensorFlow Hub."""

from __future__ import annotations

import shutil
import subprocess
import sys
import urllib.error
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.config import default_config
from camenn_tf.encoders.factory import image_encoder
from camenn_tf.encoders.tfhub_image import TfHubImage
from camenn_tf.errors import UserError
from tests.dtype_policy import dtype_policy
from tests.encoders.picture_files import file_of, nine_colours
from tests.encoders.small_hub import SmallModule, save_module

SIDE = 8


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_module(str(tmp_path_factory.mktemp("hub") / "module"), SIDE)


def pixels(count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 9, SIDE, SIDE, 3), np.uint8)


def expected(values: np.ndarray) -> np.ndarray:
    each = values.reshape(-1, SIDE, SIDE, 3).astype(np.float32) / 255
    out: np.ndarray = SmallModule(SIDE)._features(each).numpy().reshape(-1, 9, 5)
    return out


def test_by_its_name_with_the_modules_own_size(module: str) -> None:
    settings = default_config().encode.image
    settings.update({"name": f"tfhub:{module}", "patch_size": 0})
    encoder = image_encoder(settings)
    assert isinstance(encoder, TfHubImage) and not encoder.trains_along
    assert encoder.patch_shape == (SIDE, SIDE, 3) and encoder.dim == 5
    np.testing.assert_allclose(encoder.encode_pixels(pixels()), expected(pixels()), atol=1e-6)
    assert encoder.encode([file_of(nine_colours())]).shape == (1, 9, 5)
    again = image_encoder(encoder.config)
    assert again.fingerprint == encoder.fingerprint and again.config == encoder.config


def test_a_module_without_training_and_of_any_size(tmp_path: Path) -> None:
    handle = save_module(str(tmp_path / "module"), None, with_training=False)
    encoder = TfHubImage(f"tfhub:{handle}", 3, SIDE)
    np.testing.assert_allclose(encoder.encode_pixels(pixels()), expected(pixels()), atol=1e-6)
    with pytest.raises(UserError, match=r"encode.image.patch_size=0: .* states no input size"):
        TfHubImage(f"tfhub:{handle}", 3, 0)


def test_frozen_or_trained(module: str) -> None:
    frozen, trained = TfHubImage(f"tfhub:{module}", 3, 0), TfHubImage(f"tfhub:{module}", 3, 0, trains_along=True)
    assert not frozen.model.trainable_variables and len(frozen.model.variables) == 2
    assert [tuple(variable.shape) for variable in trained.model.trainable_variables] == [(3, 3, 3, 5)]
    before = expected(pixels())
    model = keras.Sequential([trained.model, keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(pixels(4), np.ones([4, 1]), verbose=0)
    changed = trained.encode_pixels(pixels())
    assert np.abs(changed - before).max() > 1e-4  # the module computes with what Keras trains
    np.testing.assert_array_equal(trained.model.non_trainable_variables[0], SmallModule(SIDE).mean)
    np.testing.assert_allclose(frozen.encode_pixels(pixels()), before, atol=1e-6)


def test_fingerprint_follows_the_weights_not_the_place(module: str, tmp_path: Path) -> None:
    def fingerprint(handle: str, *options: Any) -> str:
        return TfHubImage(f"tfhub:{handle}", 3, 0, *options).fingerprint

    moved = shutil.copytree(module, tmp_path / "moved")
    other = save_module(str(tmp_path / "other"), SIDE, seed=1)
    assert fingerprint(str(moved)) == fingerprint(module)
    assert len({fingerprint(module), fingerprint(other), fingerprint(module, True)}) == 3


def test_frozen_features_do_not_depend_on_the_runs_precision(module: str) -> None:
    with dtype_policy("mixed_bfloat16"):
        encoder = TfHubImage(f"tfhub:{module}", 3, 0)
        np.testing.assert_allclose(encoder.encode_pixels(pixels()), expected(pixels()), atol=1e-6)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"


def test_a_model_around_it_survives_its_file(module: str, tmp_path: Path) -> None:
    model = TfHubImage(f"tfhub:{module}", 3, 0, trains_along=True).model
    model.weights[0].assign_add(np.ones((3, 3, 3, 5), np.float32))
    model.save(tmp_path / "image.keras")
    loaded = keras.models.load_model(tmp_path / "image.keras")
    np.testing.assert_allclose(loaded(pixels()), model(pixels()), atol=1e-6)


def test_under_a_strategy(module: str) -> None:
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        model = TfHubImage(f"tfhub:{module}", 3, 0, trains_along=True).model

    @tf.function
    def step(values: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            vectors = model(values, training=True)
        (gradient,) = tape.gradient(vectors, [variable.value for variable in model.trainable_variables])
        return vectors, gradient

    vectors, gradient = strategy.run(step, (tf.constant(pixels()),))
    np.testing.assert_allclose(vectors, expected(pixels()), atol=1e-6)
    assert np.abs(gradient).max() > 0


def test_serves_in_a_fresh_process_without_this_project(module: str, tmp_path: Path) -> None:
    encoder = TfHubImage(f"tfhub:{module}", 3, 0)

    class Served(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kept = [variable.value for variable in encoder.model.variables]

        @tf.function(input_signature=[tf.TensorSpec([None, 9, SIDE, SIDE, 3], tf.uint8)], autograph=False)
        def embed(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"vectors": encoder.model(pixels, training=False)}

    served = Served()
    tf.saved_model.save(served, str(tmp_path / "model"), signatures=served.embed)
    np.save(tmp_path / "pixels.npy", pixels())
    script = (
        "import sys, numpy as np, tensorflow as tf\n"
        "serve = tf.saved_model.load(sys.argv[1] + '/model').signatures['serving_default']\n"
        "out = serve(pixels=tf.constant(np.load(sys.argv[1] + '/pixels.npy')))\n"
        "np.save(sys.argv[1] + '/vectors.npy', out['vectors'].numpy())\n"
        "assert not any(name.startswith(('camenn_tf', 'tensorflow_hub')) for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, timeout=300)
    np.testing.assert_allclose(np.load(tmp_path / "vectors.npy"), expected(pixels()), atol=1e-6)


def test_another_size_than_the_module_takes(module: str) -> None:
    with pytest.raises(UserError, match=r"encode.image.patch_size=32: .* takes 8 x 8 pixels only; set 0"):
        TfHubImage(f"tfhub:{module}", 3, 32)


def test_modules_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for handle in (str(tmp_path / "none"), str(tmp_path)):
        with pytest.raises(UserError, match=r"encode.image.name=tfhub:.*could not be loaded.*directory"):
            TfHubImage(f"tfhub:{handle}", 3, 0)
    with pytest.raises(UserError, match="names no module"):
        TfHubImage("tfhub:", 3, 0)

    def unreachable(handle: str) -> Any:
        raise urllib.error.URLError("no route")

    monkeypatch.setattr("tensorflow_hub.load", unreachable)
    with pytest.raises(UserError, match=r"could not be loaded \(URLError.*download the module elsewhere"):
        TfHubImage("tfhub:https://hub.example/vector/1", 3, 0)


def test_modules_of_another_kind(tmp_path: Path) -> None:
    tf.saved_model.save(tf.train.Checkpoint(v=tf.Variable(1.0)), str(tmp_path / "no_call"))
    text = tf.train.Checkpoint()
    signature = [tf.TensorSpec([None], tf.string)]
    text.__call__ = tf.function(lambda words: tf.strings.length(words), input_signature=signature, autograph=False)
    tf.saved_model.save(text, str(tmp_path / "text"))
    for name in ("no_call", "text"):
        with pytest.raises(UserError, match="is no image feature vector in TF2 format"):
            TfHubImage(f"tfhub:{tmp_path / name}", 3, SIDE)

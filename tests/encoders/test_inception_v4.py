"""InceptionV4 against features of the original TF-slim graph, and its weights by three ways."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from camenn_tf.encoders.factory import image_encoder
from camenn_tf.encoders.inception_v4 import InceptionV4, load_slim_checkpoint, load_timm_weights
from camenn_tf.encoders.slim_checkpoint import slim_variables
from camenn_tf.encoders.timm_weights import timm_name
from camenn_tf.errors import UserError
from tests.encoders import inception_weights as iw

SIDE = 116
SHARED = os.environ.get("CAMENN_SHARED", "")


@pytest.fixture(scope="module")
def weights() -> iw.Weights:
    return iw.golden_weights(InceptionV4(75, classes=1001))


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """A headless one that tests fill and compare; whatever a failed load leaves behind is overwritten."""
    return InceptionV4(SIDE)


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(iw.GOLDEN, allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="module")
def files(weights: iw.Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights as a checkpoint of each version and as safetensors, with what published files have beside."""
    folder = tmp_path_factory.mktemp("inception")
    beside: iw.Weights = {
        "global_step": np.array(5, np.int64),
        "InceptionV4/AuxLogits/Aux_logits/weights": np.ones((2, 3), np.float32),
        "InceptionV4/Conv2d_1a_3x3/weights/RMSProp_1": np.ones((3, 3, 3, 32), np.float32),
        "InceptionV4/Conv2d_1a_3x3/BatchNorm/moving_mean/ExponentialMovingAverage": np.ones(32, np.float32),
    }
    iw.write_checkpoint(str(folder / "v1.ckpt"), {**weights, **beside}, 1)
    iw.write_checkpoint(str(folder / "v2.ckpt"), weights, 2)
    iw.write_timm(str(folder / "timm.safetensors"), weights, scale=0.5)
    return folder


@pytest.mark.parametrize("size", [299, 160, 116])
def test_features_and_logits_are_those_of_tf_slim(
    size: int, weights: iw.Weights, golden: dict[str, np.ndarray]
) -> None:
    model = InceptionV4(size, classes=1001)
    for name, variable in slim_variables(model).items():
        variable.assign(weights[name])
    both = keras.Model(model.input, [model.get_layer("PreLogitsFlatten").output, model.output])
    features, logits = both(iw.golden_input(size), training=False)
    np.testing.assert_allclose(features, golden[f"features_{size}"], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(logits, golden[f"logits_{size}"], rtol=1e-4, atol=1e-3)


def test_every_way_of_loading_gives_the_golden_features(
    network: keras.Model, files: Path, golden: dict[str, np.ndarray]
) -> None:
    found: dict[str, list[str]] = {}
    for path in ("v1.ckpt", "v2.ckpt", "v2.ckpt.index", "timm.safetensors"):
        for variable in network.variables:
            variable.assign(np.zeros(variable.shape))
        load = load_timm_weights if path.endswith(".safetensors") else load_slim_checkpoint
        found[path] = load(network, str(files / path))
        features = network(iw.golden_input(SIDE), training=False)
        np.testing.assert_allclose(features, golden[f"features_{SIDE}"], rtol=1e-4, atol=1e-3, err_msg=path)
    head = ["InceptionV4/Logits/Logits/biases", "InceptionV4/Logits/Logits/weights"]
    assert found["v2.ckpt"] == found["v2.ckpt.index"] == head
    assert found["v1.ckpt"] == [
        "InceptionV4/AuxLogits/Aux_logits/weights",
        "InceptionV4/Conv2d_1a_3x3/BatchNorm/moving_mean/ExponentialMovingAverage",
        "InceptionV4/Conv2d_1a_3x3/weights/RMSProp_1",
        *head,
        "global_step",
    ]
    assert len(found["timm.safetensors"]) == 149 + 2 and "last_linear.bias" in found["timm.safetensors"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"InceptionV4/Conv2d_2b_3x3/BatchNorm/beta": None}, "is without: InceptionV4/Conv2d_2b_3x3/BatchNorm/beta"),
        (
            {"InceptionV4/Conv2d_2b_3x3/BatchNorm/gamma": np.ones(64, np.float32)},
            "unknown variables: .*BatchNorm/gamma",
        ),
        ({"Other/weights/Momentum": np.ones(3, np.float32)}, "unknown variables: Other/weights/Momentum"),
        (
            {"InceptionV4/Conv2d_1a_3x3/weights": np.ones((5, 5, 3, 32), np.float32)},
            r"Conv2d_1a_3x3/weights is \[5, 5, 3, 32\], expected \[3, 3, 3, 32\]",
        ),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused_and_changes_nothing(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    model = _stem()
    held = {name: golden for name, golden in iw.golden_weights(model).items() if name not in change}
    path = str(tmp_path / "wrong.ckpt")
    iw.write_checkpoint(path, {**held, **{k: v for k, v in change.items() if v is not None}}, 2)
    before = [variable.numpy() for variable in model.variables]
    with pytest.raises(UserError, match=message):
        load_slim_checkpoint(model, path)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_timm_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    model = _stem()
    path = str(tmp_path / "stem.safetensors")
    iw.write_timm(path, iw.golden_weights(model))
    load_timm_weights(model, path)
    whole = Path(path).read_bytes()
    for damaged, message in (
        (whole[:-4], "no whole safetensors file, it has"),
        (whole[:5], "its header does not fit"),
        ((2**60).to_bytes(8, "little") + whole[8:], "its header does not fit"),
        (whole.replace(b'"features.1.bn.weight"', b'"features.1.bn.weighs"'), "is without: features.1.bn.weight;"),
        (whole.replace(b'"shape": [32, 3, 3, 3]', b'"shape": [32, 3, 9]   '), r"0.conv.weight is \[9, 3, 32\]"),
    ):
        Path(path).write_bytes(damaged)
        with pytest.raises(UserError, match=message):
            load_timm_weights(model, path)
    with pytest.raises(UserError, match="no such file"):
        load_timm_weights(model, str(tmp_path / "none.safetensors"))


def test_encoder_reads_the_file_once_checked(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = files / "v1.ckpt"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    settings = {"name": "inception_v4", "grid": 1, "patch_size": 75, "weights": str(path), "trains_along": False}
    with pytest.raises(UserError, match=f"has {digest}"):
        image_encoder({**settings, "sha256": "0" * 64})
    from_path = image_encoder({**settings, "sha256": digest})
    monkeypatch.setenv("CAMENN_CACHE", str(tmp_path))
    from_url = image_encoder({**settings, "weights": f"file://{path}", "sha256": digest})
    assert from_path.fingerprint == from_url.fingerprint and len(list(tmp_path.glob("*/v1.ckpt"))) == 1
    assert image_encoder(from_path.config).fingerprint == from_path.fingerprint
    pixels = np.random.default_rng(0).integers(0, 256, (2, 1, 75, 75, 3), np.uint8)
    expected = from_path._network(pixels[:, 0] / 127.5 - 1.0, training=False)[:, None]  # type: ignore[attr-defined]
    np.testing.assert_allclose(from_path.encode_pixels(pixels), expected, rtol=1e-4, atol=1e-4)
    assert not from_path.model.trainable_variables
    with pytest.raises(UserError, match="could not be downloaded"):
        image_encoder({**settings, "weights": f"file://{tmp_path}/none.ckpt", "sha256": ""})
    with pytest.raises(UserError, match="is no TF-slim checkpoint"):
        image_encoder({**settings, "weights": __file__, "sha256": ""})


@pytest.mark.skipif(not SHARED, reason="CAMENN_SHARED is not set: the lists of published names are not at hand")
def test_names_are_those_of_the_published_files() -> None:
    names = slim_variables(InceptionV4(75, classes=1001))
    folder = Path(SHARED) / "fixtures" / "inception_v4"
    listed = (folder / "inception_v4_vars.txt").read_text().splitlines()
    shapes = {line.split(" ")[0]: json.loads(line.split(" ", 1)[1]) for line in listed if "AuxLogits" not in line}
    assert {name: list(variable.shape) for name, variable in names.items()} == shapes
    timm = json.loads((folder / "timm_map.json").read_text())
    convolutions = [name for name in names if name.endswith("/weights") and "Logits" not in name]
    assert len(convolutions) == 149
    for name in convolutions:
        scope = name.removeprefix("InceptionV4/").removesuffix("/weights")
        assert timm_name(name) == f"{timm[scope]}.conv.weight"


def _stem() -> keras.Model:
    """The first three convolutions: as good as the network where names and shapes are concerned, and quick to write."""
    whole = InceptionV4(75)
    return keras.Model(whole.input, whole.get_layer("Conv2d_2b_3x3.Relu").output)


def test_too_small_pictures_are_refused() -> None:
    with pytest.raises(UserError, match="at least 75"):
        InceptionV4(74)
    assert os.path.getsize(iw.GOLDEN) < 100_000

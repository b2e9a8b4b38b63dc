"""Features that are there: kept, made again, replaced whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.encoders import encoding, factory
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.encoding_job import EncodingJob
from camenn_tf.encoders.encoding_parts import write_part
from camenn_tf.encoders.features_check import check_features
from camenn_tf.encoders.word_pieces import SPECIAL
from camenn_tf.errors import UserError
from camenn_tf.inputs.item_store import ItemStore
from tests.encoders.encoded_items import NINE, make_items, settings
from tests.encoders.picture_files import file_of
from tests.encoders.small_dataset import write_dataset


class WouldEncodeError(Exception):
    """Raised in place of the work."""


def _refuse(*_: Any) -> None:
    raise WouldEncodeError


def _pretend(job: EncodingJob, _: object) -> None:
    work = {"encoded": 1, "from_cache": 0, "seconds": 0.0}
    for name in ("text-00000.npy", "image-00000.npy"):
        (Path(job.directory) / name).touch()
    write_part(job.directory, "text", 0, [2], [bytes(32)], [list(range(job.items))], [], work)
    write_part(job.directory, "image", 0, [], [], [], [], work)


@pytest.mark.parametrize("change", ["", "split", "encoder", "dtype", "text", "picture"])
def test_unchanged_features_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    items, dataset, out = make_items(tmp_path), str(tmp_path / "dataset"), str(tmp_path / "features")
    write_dataset(dataset, items)
    monkeypatch.setattr(encoding, "learn_vocabulary", lambda texts, size: (*SPECIAL, "apple"))
    monkeypatch.setattr(encoding, "run", _pretend)
    encode_dataset(dataset, out, settings())
    monkeypatch.setattr(encoding, "run", _refuse)
    wanted = settings()
    if change == "encoder":
        wanted["text"]["max_pieces"] = 5
    if change == "dtype":
        wanted["dtype"] = "float32"
    if change == "text":
        items[0]["text"] = "juice"
    if change == "picture":
        (tmp_path / "nine.png").write_bytes(file_of(np.zeros((9, 9, 3), np.uint8)))
    write_dataset(dataset, items, fingerprint="prepared again" if change == "split" else "prepared")
    if change in ("", "split"):  # another history length or split leaves the catalogue as it was
        encode_dataset(dataset, out, wanted)
        check_features(out, dataset, wanted)
    else:
        before = (tmp_path / "features" / "features.json").read_bytes()
        with pytest.raises(WouldEncodeError):
            encode_dataset(dataset, out, wanted)
        assert (tmp_path / "features" / "features.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if "features" in path.name) == ["features"]


def test_changed_features_take_the_place_of_earlier_ones(tmp_path: Path) -> None:
    dataset, out = str(tmp_path / "dataset"), str(tmp_path / "features")
    for text in ("apples", "juice of red apples"):
        write_dataset(dataset, [{"text": text}])
        encode_dataset(dataset, out, settings())
        text_encoder, _ = factory.load_encoders(out)
        _, lengths = text_encoder.tokenize(tf.constant([text]))
        assert ItemStore.open(out).gather(np.array([0])).text_length.tolist() == lengths.numpy().tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset", "features"]


def test_features_that_lack_a_file_are_made_again(tmp_path: Path) -> None:
    dataset, out = str(tmp_path / "dataset"), str(tmp_path / "features")
    write_dataset(dataset, [{"text": "apples", "image_bytes": file_of(NINE)}])
    encode_dataset(dataset, out, settings())
    whole = {path.name: path.read_bytes() for path in Path(out).iterdir()}
    for name in ("text-00000.npy", "image-00000.npy", "text_offsets.npy", "text_of_item.npy", "image_of_item.npy"):
        (tmp_path / "features" / name).unlink()
        with pytest.raises(FileNotFoundError, match=rf"{name}.*run python -m camenn_tf.encode again"):
            ItemStore.open(out)
        encode_dataset(dataset, out, settings())
        assert (tmp_path / "features" / name).read_bytes() == whole[name]
        ItemStore.open(out)


def test_too_many_broken_pictures_leave_earlier_features(tmp_path: Path) -> None:
    dataset, out = str(tmp_path / "dataset"), str(tmp_path / "features")
    (tmp_path / "disk").mkdir()
    items: list[dict[str, Any]] = [{"text": "no picture"}] * 7
    for number in range(3):
        path = tmp_path / "disk" / f"{number}.png"
        path.write_bytes(file_of(np.full((9, 9, 3), 50 * number, np.uint8)))
        items.append({"text": "apples", "image_path": str(path)})
    write_dataset(dataset, items)
    encode_dataset(dataset, out, settings(max_fault_share=0.0))
    (tmp_path / "disk").rename(tmp_path / "elsewhere")
    before = {path.name: path.read_bytes() for path in Path(out).iterdir()}
    with pytest.raises(
        UserError,
        match=r"images not decoded: 3 of 3 items with a picture \(100\.0%\), more than "
        r"--config\.encode\.max_fault_share=0\.5; .*0\.png.*No such file",
    ):
        encode_dataset(dataset, out, settings(max_fault_share=0.5))
    assert {path.name: path.read_bytes() for path in Path(out).iterdir()} == before
    encode_dataset(dataset, out, settings(max_fault_share=1.0))
    assert not ItemStore.open(out).has_image.any()


def test_other_content_is_not_overwritten(tmp_path: Path) -> None:
    write_dataset(str(tmp_path / "dataset"), [{"text": "apple"}])
    with pytest.raises(UserError, match="holds something else than features"):
        encode_dataset(str(tmp_path / "dataset"), str(tmp_path / "dataset"), settings())


def test_a_failed_run_leaves_nothing(tmp_path: Path) -> None:
    write_dataset(str(tmp_path / "dataset"), [{"text": ""}])
    with pytest.raises(UserError, match="no item has one: fill in"):
        encode_dataset(str(tmp_path / "dataset"), str(tmp_path / "features"), settings())
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]

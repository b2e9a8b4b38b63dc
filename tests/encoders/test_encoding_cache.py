"""What one run encoded, no later run encodes."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from camenn_tf.encoders import feature_cache, stored_values
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.feature_cache import cache_directory
from camenn_tf.errors import UserError
from camenn_tf.inputs.item_store import ItemStore
from tests.encoders import fake_encoders
from tests.encoders.fake_encoders import FakeImage, FakeText, settings
from tests.encoders.picture_files import file_of
from tests.encoders.small_dataset import write_dataset

WORDS = ("ham", "eel", "fig", "cod", "pea", "nut", "tea")


def picture(number: int) -> bytes:
    return file_of(np.full((8, 8, 3), 20 * number, np.uint8))


def item(number: int) -> dict[str, Any]:
    return {"text": WORDS[number], "image_bytes": picture(number)}


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_encoders.register(monkeypatch.setitem)
    monkeypatch.setattr(feature_cache, "BLOCK_ENTRIES", 4)


def run(root: Path, name: str, items: list[dict[str, Any]], version: str = "one", **changes: Any) -> dict[str, Any]:
    """Encodes into `name`, and returns what report.json says of the work; only this run's calls are kept."""
    FakeText.calls.clear()
    FakeImage.calls.clear()
    write_dataset(str(root / "dataset"), items)
    cache_dir = changes.pop("cache_dir", str(root / "cache"))
    encode_dataset(str(root / "dataset"), str(root / name), settings(version, **changes), cache_dir=cache_dir)
    work: dict[str, Any] = json.loads((root / name / "report.json").read_text())["work"]
    return work


def encoded_texts() -> list[str]:
    return sorted(text for call in FakeText.calls for text in call)


def counts(work: dict[str, Any], kind: str) -> tuple[int, int]:
    return work[kind]["encoded"], work[kind]["from_cache"]


def features(root: Path, name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / name).iterdir() if path.name != "report.json"}


def test_a_second_run_encodes_what_is_new(tmp_path: Path) -> None:
    first = run(tmp_path, "features", [item(number) for number in range(4)])
    assert counts(first, "texts") == counts(first, "images") == (4, 0)
    assert first["texts"]["per_worker_second"] > 0
    before = ItemStore.open(str(tmp_path / "features")).gather(np.arange(4))
    work = run(tmp_path, "features", [item(number) for number in range(6)])
    assert encoded_texts() == sorted(WORDS[4:6]) and sum(FakeImage.calls) == 2
    assert counts(work, "texts") == counts(work, "images") == (2, 4)
    after = ItemStore.open(str(tmp_path / "features")).gather(np.arange(6))
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new[:4])
    assert after.has_image.all() and len({row.tobytes() for row in after.image}) == 6


def test_catalogues_share_a_cache_in_any_order_and_number_of_shards(tmp_path: Path) -> None:
    run(tmp_path, "one", [item(number) for number in range(5)])
    work = run(tmp_path, "two", [item(number) for number in (6, 3, 0, 2)], shard_items=2)
    assert encoded_texts() == [WORDS[6]] and counts(work, "texts") == counts(work, "images") == (1, 3)
    one = ItemStore.open(str(tmp_path / "one")).gather(np.array([3, 0]))
    two = ItemStore.open(str(tmp_path / "two")).gather(np.array([1, 2]))
    for theirs, ours in zip(one, two, strict=True):
        np.testing.assert_array_equal(theirs, ours)


@pytest.mark.parametrize("change", ["weights", "dtype", "no cache"])
def test_what_others_made_is_not_taken(tmp_path: Path, change: str) -> None:
    run(tmp_path, "one", [item(0), item(1)])
    if change == "weights":
        work = run(tmp_path, "two", [item(0), item(1)], "another")
        assert counts(work, "texts") == (2, 0) and counts(work, "images") == (0, 2)
        states = ItemStore.open(str(tmp_path / "two")).gather(np.arange(2)).text
        assert (states[..., 2] == len("another")).all()
    elif change == "dtype":
        work = run(tmp_path, "two", [item(0), item(1)], dtype="float32")
        assert counts(work, "texts") == counts(work, "images") == (2, 0)
    else:
        work = run(tmp_path, "two", [item(0), item(1)], cache_dir="")
        assert counts(work, "texts") == counts(work, "images") == (2, 0)


def test_patches_of_an_encoder_that_trains_along_are_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeImage, "trains_along", True)
    run(tmp_path, "one", [item(0), item(1)])
    assert counts(run(tmp_path, "two", [item(0), item(1), item(2)]), "images") == (1, 2)
    image = ItemStore.open(str(tmp_path / "two")).gather(np.arange(3)).image
    assert image.dtype == np.uint8 and (image == 20 * np.arange(3).reshape(3, 1, 1, 1, 1)).all()


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    items = [item(number) for number in range(7)]
    run(tmp_path, "whole", items, cache_dir="")
    calls = [list(call) for call in FakeText.calls]
    assert [len(call) for call in calls] == [2, 2, 2, 1]
    # the fourth call is the last; a file of four texts has been written, and two more waited for theirs
    script = [sys.executable, "-m", "tests.encoders.fake_encoders"]
    places = [str(tmp_path / name) for name in ("dataset", "killed", "cache")]
    done = subprocess.run([*script, *places, "4", "4"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (tmp_path / "killed").exists()
    work = run(tmp_path, "killed", items)
    assert FakeText.calls == calls[2:] and counts(work, "texts") == (3, 4)
    assert features(tmp_path, "killed") == features(tmp_path, "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "dataset", "killed", "whole"]


def test_broken_pictures_do_not_shift_the_batches_of_a_stopped_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [item(number) for number in range(7)]
    items += [{"text": "x", "image_bytes": b"no picture %d" % number} for number in range(6)]
    run(tmp_path, "whole", items, cache_dir="", max_fault_share=1.0)
    assert FakeImage.calls == [2, 2, 2, 1]  # of good ones; the broken ones lie anywhere between
    encode = FakeImage.encode_pixels

    def stop(self: FakeImage, pixels: np.ndarray) -> np.ndarray:
        if len(self.calls) == 2:
            raise ValueError
        return encode(self, pixels)

    monkeypatch.setattr(FakeImage, "encode_pixels", stop)
    with pytest.raises(Exception, match="Encode images"):
        run(tmp_path, "stopped", items)
    monkeypatch.setattr(FakeImage, "encode_pixels", encode)
    work = run(tmp_path, "stopped", items, max_fault_share=1.0)
    assert FakeImage.calls == [2, 1] and counts(work, "images") == (3, 4)
    assert features(tmp_path, "stopped") == features(tmp_path, "whole")
    report = json.loads((tmp_path / "stopped" / "report.json").read_text())
    assert [fault["item_id"] for fault in report["examples"]] == [f"i{number}" for number in range(7, 13)]
    assert all("PNG" in fault["reason"] for fault in report["examples"])


def test_a_picture_that_changes_meanwhile_gets_no_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        path.write_bytes(picture(number))
    items = [{"text": WORDS[number], "image_path": str(path)} for number, path in enumerate(paths)]
    in_order = sorted(range(4), key=lambda number: hashlib.sha256(picture(number)).digest())
    replaced, removed = (paths[number] for number in in_order[2:])  # the first two make a batch
    encode = FakeImage.encode_pixels

    def meanwhile(self: FakeImage, pixels: np.ndarray) -> np.ndarray:
        replaced.write_bytes(picture(9))
        removed.unlink(missing_ok=True)
        return encode(self, pixels)

    monkeypatch.setattr(FakeImage, "encode_pixels", meanwhile)
    run(tmp_path, "features", items, max_fault_share=1.0)
    report = json.loads((tmp_path / "features" / "report.json").read_text())
    reasons = {fault["image"]: fault["reason"] for fault in report["examples"]}
    assert reasons[str(replaced)] == "changed while it was encoded" and len(reasons) == 2
    assert reasons[str(removed)].startswith("changed while it was encoded: No such file")
    has_image = ItemStore.open(str(tmp_path / "features")).has_image
    assert np.flatnonzero(has_image).tolist() == sorted(in_order[:2])
    # under the digests of both pictures the cache has nothing
    monkeypatch.setattr(FakeImage, "encode_pixels", encode)
    work = run(tmp_path, "again", [item(number) for number in range(4)])
    assert counts(work, "images") == (2, 2)


@pytest.mark.parametrize("kind", ["text", "image"])
def test_numbers_that_float16_does_not_have_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    encode, encode_pixels = FakeText.encode, FakeImage.encode_pixels

    def large(self: FakeText, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        states, lengths = encode(self, texts)
        return states + np.float32(7e4), lengths

    if kind == "text":
        monkeypatch.setattr(FakeText, "encode", large)
    else:
        monkeypatch.setattr(FakeImage, "encode_pixels", lambda self, pixels: encode_pixels(self, pixels) + 7e4)
    for _ in range(2):  # the second time, too: nothing went into the cache
        with pytest.raises(UserError, match=rf"encode.dtype=float16: the encoder of {kind}s .*beyond 65504.*=float32"):
            run(tmp_path, "features", [item(0), item(1)])
    assert not (tmp_path / "features").exists()
    assert not list((tmp_path / "cache").glob(f"{kind}*/*.block"))
    run(tmp_path, "features", [item(0), item(1)], dtype="float32")


def test_infinite_features_of_the_cache_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_values, "check_finite", lambda stored, what: None)  # as earlier versions did
    monkeypatch.setattr(FakeImage, "encode_pixels", lambda self, pixels: np.full((len(pixels), 4, 4), np.inf))
    run(tmp_path, "one", [item(0)])
    monkeypatch.undo()
    fake_encoders.register(monkeypatch.setitem)
    with pytest.raises(UserError, match=r"encode.dtype=float16: the encoder of images"):
        run(tmp_path, "two", [item(0)])


def test_a_damaged_file_is_encoded_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    items = [item(number) for number in range(4)]
    run(tmp_path, "one", items)
    (damaged,) = (tmp_path / "cache").glob("text-*/*.block")
    content = bytearray(damaged.read_bytes())
    content[-3] ^= 1
    damaged.write_bytes(content)
    with caplog.at_level("WARNING"):
        work = run(tmp_path, "two", items)
    assert counts(work, "texts") == (4, 0) and counts(work, "images") == (0, 4)
    assert f"{damaged}: damaged" in caplog.text and "encoded again" in caplog.text
    assert features(tmp_path, "one") == features(tmp_path, "two")
    assert counts(run(tmp_path, "three", items), "texts") == (0, 4)


def test_a_cache_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--cache=.*: lies in --output"):
        run(tmp_path, "features", [item(0)], cache_dir=str(tmp_path / "features" / "cache"))
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"--cache=.*file: cannot be written .*; name another directory"):
        run(tmp_path, "features", [item(0)], cache_dir=str(tmp_path / "file"))
    assert not (tmp_path / "features").exists()


def test_where_the_cache_lies(tmp_path: Path) -> None:
    assert cache_directory(None, str(tmp_path / "a")) == cache_directory(None, f"{tmp_path}/b/")
    assert cache_directory("mine", "out") == "mine"
    assert cache_directory("none", "out") == cache_directory("", "out") == ""

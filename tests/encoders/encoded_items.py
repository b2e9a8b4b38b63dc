"""A catalogue of ten items with all that can be wrong, and its features."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import keras
import numpy as np

from camenn_tf.config import default_config
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.image_encoder import ImageEncoder
from tests.encoders.picture_files import file_of, nine_colours
from tests.encoders.small_dataset import write_dataset

NINE = nine_colours()


class MeanColour(ImageEncoder):
    """A frozen encoder that a test can follow: the mean colour of a patch."""

    name = "mean_colour"
    trains_along = False
    grid, dim, patch_shape = 3, 3, (4, 4, 3)
    config = {"name": "mean_colour"}  # noqa: RUF012
    fingerprint = "mean"

    @property
    def model(self) -> keras.Model:
        pixels = keras.Input([9, 4, 4, 3], dtype="uint8")
        return keras.Model(pixels, keras.ops.mean(keras.ops.cast(pixels, "float32"), axis=(2, 3)))


def settings(**changes: Any) -> dict[str, Any]:
    encode: dict[str, Any] = default_config().encode.to_dict()
    encode["text"] |= {"max_pieces": 6, "vocabulary_size": 60, "dim": 8} | changes.pop("text", {})
    encode["image"] |= {"patch_size": 10} | changes.pop("image", {})
    return {**encode, "batch_size": 2, "max_fault_share": 1.0, **changes}


def make_items(tmp_path: Path) -> list[dict[str, Any]]:
    """Two items with one picture under two names, bytes of the same picture, and all that can be wrong."""
    files = {
        "nine.png": file_of(NINE),
        "copy.png": file_of(NINE),
        "turned.png": file_of(np.ascontiguousarray(NINE[::-1])),
        "cut.jpg": file_of(nine_colours(90, 90), "JPEG")[:400],
        "empty.jpg": b"",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    paths = {name: str(tmp_path / name) for name in files}
    return [
        {"text": "fresh apples", "image_path": paths["nine.png"]},
        {"text": "红富士 apple", "image_path": paths["copy.png"]},
        {"text": "fresh apples", "image_bytes": file_of(NINE)},
        {"text": "", "image_path": paths["turned.png"]},
        {"text": None},
        {"text": "fresh", "image_path": paths["cut.jpg"]},
        {"text": "fresh", "image_path": paths["empty.jpg"]},
        {"text": "fresh", "image_path": str(tmp_path / "missing.jpg")},
        {"text": "fresh", "image_bytes": b"no picture"},
        {"text": "zzz qqq", "image_path": paths["nine.png"], "alignment_split": "test"},
    ]


@dataclasses.dataclass
class Encoded:
    """A dataset and its features."""

    root: Path
    items: list[dict[str, Any]]
    dataset: str
    out: str
    settings: dict[str, Any]


def encode(root: Path, shards: int, **changes: Any) -> Encoded:
    items = make_items(root)
    encoded = Encoded(root, items, str(root / "dataset"), str(root / "features"), settings(**changes))
    write_dataset(encoded.dataset, items, shards)
    encode_dataset(encoded.dataset, encoded.out, encoded.settings)
    return encoded

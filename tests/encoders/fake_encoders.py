"""Frozen encoders that a test can follow, and an encoding that is killed: python -m tests.encoders.fake_encoders."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.config import default_config
from camenn_tf.encoders import factory, feature_cache
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.encoders.word_pieces import SPECIAL, WordPieces

PIECES = WordPieces([*SPECIAL, *"abcdefghijklmnopqrstuvwxyz0123456789"])


class FakeText(TextEncoder):
    """States tell which batch they were made in, as rounding does in a real encoder; calls are written down."""

    name = "fake"
    trains_along = False
    dim = 3
    max_pieces = 6
    calls: list[list[str]] = []  # noqa: RUF012 shared by the workers of this process

    def __init__(self, version: str = "one") -> None:
        self._version = version

    @property
    def config(self) -> dict[str, Any]:
        return {"name": self.name, "path": self._version}

    @property
    def fingerprint(self) -> str:
        return f"fake-{self._version}"

    @property
    def pieces(self) -> WordPieces:
        return PIECES

    @property
    def model(self) -> keras.Model:
        raise NotImplementedError("encode does not ask for it")

    def encode(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        self.calls.append(list(texts))
        ids, lengths = self.tokenize(tf.constant(list(texts)))
        batch = hashlib.sha256("|".join(texts).encode()).digest()[0]
        states = np.stack([ids, ids * 0 + batch, ids * 0 + len(self._version)], axis=-1)
        return (states * (ids.numpy() != 0)[..., np.newaxis]).astype(np.float32), lengths.numpy()


class FakeImage(ImageEncoder):
    """Mean colours and which batch they were made in; calls are counted by the pictures they had."""

    name = "fake"
    trains_along = False
    grid, dim, patch_shape = 2, 4, (4, 4, 3)
    config = {"name": "fake"}  # noqa: RUF012
    fingerprint = "fake"
    calls: list[int] = []  # noqa: RUF012

    @property
    def model(self) -> keras.Model:
        raise NotImplementedError("encode_pixels does not ask for it")

    def pixels(self, image_bytes: tf.Tensor) -> tf.Tensor:
        """The corner of a PNG file; to trace the whole decoder takes seconds."""
        return tf.broadcast_to(tf.io.decode_png(image_bytes, channels=3)[:4, :4], [self.patches, *self.patch_shape])

    def encode_pixels(self, pixels: np.ndarray) -> np.ndarray:
        self.calls.append(len(pixels))
        colours = pixels.mean(axis=(2, 3))
        batch = hashlib.sha256(pixels.tobytes()).digest()[0]
        return np.concatenate([colours, np.full_like(colours[..., :1], batch)], axis=-1).astype(np.float32)


def settings(version: str = "one", **changes: Any) -> dict[str, Any]:
    """`config.encode` with the fakes, in batches of two."""
    encode: dict[str, Any] = default_config().encode.to_dict()
    encode["text"] |= {"name": "fake", "path": version}
    encode["image"]["name"] = "fake"
    return {**encode, "batch_size": 2, **changes}


def register(register_one: Callable[[dict[str, Any], str, Any], None] = dict.__setitem__) -> None:
    """Makes the names known, and forgets earlier calls."""
    register_one(factory.TEXT_ENCODERS, "fake", lambda wanted, vocabulary: FakeText(wanted["path"]))
    register_one(factory.IMAGE_ENCODERS, "fake", lambda wanted: FakeImage())
    FakeText.calls.clear()
    FakeImage.calls.clear()


def _killed(dataset: str, out: str, cache: str, calls: int, entries: int) -> None:
    """Encodes until the call number `calls`, which is the process's last."""

    def die(self: FakeText, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        if len(self.calls) == calls - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return encode(self, texts)

    register()
    feature_cache.BLOCK_ENTRIES = entries
    encode, FakeText.encode = FakeText.encode, die  # type: ignore[method-assign]
    encode_dataset(dataset, out, settings(), cache_dir=cache)


if __name__ == "__main__":
    _killed(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))

"""Encodes a shard of images."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf

from camenn_tf.encoders.cached_encoding import CachedEncoding, Encoded
from camenn_tf.encoders.encoding_job import EncodingJob
from camenn_tf.encoders.encoding_parts import write_part
from camenn_tf.encoders.factory import image_encoder
from camenn_tf.encoders.item_store_files import image_shard
from camenn_tf.encoders.npy_appender import NpyAppender
from camenn_tf.encoders.open_cache import open_image_cache
from camenn_tf.encoders.stored_values import as_stored

CHANGED = "changed while it was encoded"


@dataclasses.dataclass(frozen=True)
class LoadedImage:
    """A picture file and the items that show it.

    Attributes:
      digest: SHA-256 of its bytes, hexadecimal.
      path: where it lies; empty if the tables brought bytes.
      content: the bytes, if the tables brought them.
      items: (catalogue row, item id) of each item.
      fault: why it could not be read; empty = it could.
    """

    digest: str
    path: str
    content: bytes | None
    items: list[tuple[int, str]]
    fault: str = ""

    def read(self) -> bytes | str:
        """The bytes that were hashed, or why there are none: the file may have changed since."""
        if self.fault:
            return self.fault
        if self.content is not None:
            return self.content
        try:
            with open(self.path, "rb") as file:
                content = file.read()
        except OSError as error:
            return f"{CHANGED}: {error.strerror or error}"
        return content if hashlib.sha256(content).hexdigest() == self.digest else CHANGED


class EncodeImages(beam.DoFn):
    """(shard, [LoadedImage or None]) to a file of vectors or pixels, each distinct one once, and the note beside it."""

    def __init__(self, job: EncodingJob) -> None:
        self._job = job

    def setup(self) -> None:
        """Builds the encoder and lists the cache, once a worker."""
        self._encoder = image_encoder(self._job.image_settings)
        self._cache = open_image_cache(self._job.cache, self._encoder, self._job.dtype)
        decode = tf.function(self._encoder.pixels, input_signature=[tf.TensorSpec([], tf.string)], autograph=False)
        self._pixels = decode.get_concrete_function()  # traced now, not by several threads at once

    def process(self, element: tuple[int, Iterable[LoadedImage | None]]) -> Iterable[int]:
        """Writes the shard and yields its number."""
        shard, entries = element
        images: dict[str, LoadedImage] = {}
        for image in sorted((entry for entry in entries if entry is not None), key=lambda entry: entry.path):
            same = images.setdefault(image.digest, image)
            if same is not image:
                images[image.digest] = dataclasses.replace(same, items=same.items + image.items)
        ordered = [images[digest] for digest in sorted(images)]
        rows: dict[bytes, list[int]] = {}  # by digest
        faults: list[dict[str, Any]] = []
        shape = self._encoder.patch_shape if self._encoder.trains_along else (self._encoder.dim,)
        dtype = "uint8" if self._encoder.trains_along else self._job.dtype
        path = os.path.join(self._job.directory, image_shard(shard))
        cached = CachedEncoding("images", [bytes.fromhex(image.digest) for image in ordered], self._cache)
        with NpyAppender(path, dtype, (self._encoder.patches, *shape)) as file, ThreadPoolExecutor() as pool:
            batches = functools.partial(self._encode, pool, ordered, dtype)
            for image, result in zip(ordered, cached.entries(batches), strict=True):
                if isinstance(result, np.ndarray):
                    file.append(result)
                    rows[bytes.fromhex(image.digest)] = sorted(row for row, _ in image.items)
                else:
                    faults += _faults(image, result)
        work = {**cached.work, "encoded": cached.work["encoded"] - (len(ordered) - len(rows))}
        write_part(self._job.directory, "image", shard, [1] * len(rows), list(rows), list(rows.values()), faults, work)
        yield shard

    def _encode(
        self, pool: Executor, images: Sequence[LoadedImage], dtype: str, chosen: Sequence[int]
    ) -> Iterator[list[Encoded]]:
        """Values [1, P, ...] of some images or why there are none, in batches of as many good ones as fit."""
        # a later run finds the good ones in the cache: to make the same batches then, broken ones must not count
        size = self._job.batch_size
        waiting: list[np.ndarray | str] = []
        good = 0
        for first in range(0, len(chosen), size):
            part = [images[number] for number in chosen[first : first + size]]
            for result in pool.map(self._decode, part):
                waiting.append(result)
                good += isinstance(result, np.ndarray)
                if good == size:
                    yield self._batch(waiting, dtype)
                    waiting, good = [], 0
        if waiting:
            yield self._batch(waiting, dtype)

    def _batch(self, decoded: Sequence[np.ndarray | str], dtype: str) -> list[Encoded]:
        pixels = [entry for entry in decoded if isinstance(entry, np.ndarray)]
        values = iter(as_stored(self._values(np.stack(pixels)), dtype, "images") if pixels else ())
        return [entry if isinstance(entry, str) else next(values)[np.newaxis] for entry in decoded]

    def _values(self, pixels: np.ndarray) -> np.ndarray:
        return pixels if self._encoder.trains_along else self._encoder.encode_pixels(pixels)

    def _decode(self, image: LoadedImage) -> np.ndarray | str:
        """Patches, or why there are none."""
        content = image.read()
        if isinstance(content, str):
            return content
        try:
            pixels: np.ndarray = self._pixels(tf.constant(content)).numpy()
            return pixels
        except tf.errors.InvalidArgumentError as error:
            return reason_of(error.message)


def _faults(image: LoadedImage, reason: str) -> list[dict[str, Any]]:
    return [{"row": row, "item_id": item_id, "image": image.path, "reason": reason} for row, item_id in image.items]


def reason_of(message: str) -> str:
    """The line that says what is wrong, out of an error message of TensorFlow with its node names and call stack."""
    lines = [
        re.sub(r"\{\{.*?\}\}|\[\[.*?\]\]|\[Op:.*|assertion failed:", "", line).strip(" []")
        for line in message.splitlines()
    ]
    said = [line for line in lines if line and not line.startswith(("Detected at node", "Graph execution", "File "))]
    return said[0] if said else "not a picture"

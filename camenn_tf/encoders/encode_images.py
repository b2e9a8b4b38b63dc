"""Encodes a shard of images."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf

from camenn_tf.encoders.encoding_job import EncodingJob
from camenn_tf.encoders.encoding_parts import write_part
from camenn_tf.encoders.factory import image_encoder
from camenn_tf.encoders.npy_appender import NpyAppender
from camenn_tf.encoders.progress import Progress
from camenn_tf.inputs.item_store_files import image_shard


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

    def read(self) -> bytes:
        """The bytes of the file."""
        if self.content is not None:
            return self.content
        with open(self.path, "rb") as file:
            return file.read()


class EncodeImages(beam.DoFn):
    """(shard, [LoadedImage or None]) to a file of vectors or pixels, each distinct one once, and the note beside it."""

    def __init__(self, job: EncodingJob) -> None:
        self._job = job

    def setup(self) -> None:
        """Builds the encoder, once a worker."""
        self._encoder = image_encoder(self._job.image_settings)
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
        rows: list[list[int]] = []
        faults: list[dict[str, Any]] = []
        progress = Progress("images", len(ordered))
        shape = self._encoder.patch_shape if self._encoder.trains_along else (self._encoder.dim,)
        dtype = "uint8" if self._encoder.trains_along else self._job.dtype
        path = os.path.join(self._job.directory, image_shard(shard))
        with NpyAppender(path, dtype, (self._encoder.patches, *shape)) as file, ThreadPoolExecutor() as pool:
            for first in range(0, len(ordered), self._job.batch_size):
                batch = ordered[first : first + self._job.batch_size]
                decoded = list(pool.map(self._decode, batch))
                good = [pixels for pixels in decoded if isinstance(pixels, np.ndarray)]
                if good:
                    file.append(self._values(np.stack(good)))
                for image, result in zip(batch, decoded, strict=True):
                    if isinstance(result, np.ndarray):
                        rows.append(sorted(row for row, _ in image.items))
                    else:
                        faults += _faults(image, result)
                progress.add(len(batch))
        write_part(self._job.directory, "image", shard, [1] * len(rows), rows, faults)
        yield shard

    def _values(self, pixels: np.ndarray) -> np.ndarray:
        return pixels if self._encoder.trains_along else self._encoder.encode_pixels(pixels)

    def _decode(self, image: LoadedImage) -> np.ndarray | str:
        """Patches, or why there are none."""
        if image.fault:
            return image.fault
        try:
            pixels: np.ndarray = self._pixels(tf.constant(image.read())).numpy()
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

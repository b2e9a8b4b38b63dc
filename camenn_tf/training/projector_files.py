"""Files of TensorBoard's projector: vectors, names and a sprite of thumbnails."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO

import numpy as np
import pyarrow.parquet as pq
import tensorflow as tf
from PIL import Image, UnidentifiedImageError
from tensorboard.plugins import projector

THUMBNAIL = 48  # pixels a side; a sprite of 500 stays well below the 8192 pixels that browsers take


def write_projector(
    directory: str, vectors: np.ndarray, columns: Mapping[str, Sequence[str]], thumbnails: Sequence[Image.Image]
) -> None:
    """Writes a projector over n items into a folder of TensorBoard's log directory.

    Args:
      directory: the folder; it needs an events file too, or TensorBoard does not look at it, so one is made.
      vectors: [n, D].
      columns: names of the items by column heading, n each, at least two columns.
      thumbnails: n pictures of THUMBNAIL x THUMBNAIL.
    """
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "vectors.tsv"), "w", encoding="utf-8") as file:
        file.writelines("\t".join(f"{value:.5g}" for value in vector) + "\n" for vector in vectors)
    with open(os.path.join(directory, "items.tsv"), "w", encoding="utf-8") as file:
        file.write("\t".join(columns) + "\n")
        file.writelines("\t".join(map(_one_line, row)) + "\n" for row in zip(*columns.values(), strict=True))
    side = max(1, int(np.ceil(np.sqrt(len(thumbnails)))))
    sprite = Image.new("RGB", (side * THUMBNAIL, side * THUMBNAIL), "white")
    for number, thumbnail in enumerate(thumbnails):
        sprite.paste(thumbnail, (number % side * THUMBNAIL, number // side * THUMBNAIL))
    sprite.save(os.path.join(directory, "sprite.png"))
    config = projector.ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "items"
    embedding.tensor_path, embedding.metadata_path = "vectors.tsv", "items.tsv"
    embedding.sprite.image_path = "sprite.png"
    embedding.sprite.single_image_dim.extend([THUMBNAIL, THUMBNAIL])
    projector.visualize_embeddings(directory, config)
    with tf.summary.create_file_writer(directory).as_default(step=0):
        tf.summary.text("projector", f"{len(vectors)} items, see the projector tab")


def thumbnails_of(shards: Iterable[str], rows: np.ndarray) -> list[Image.Image]:
    """Small pictures of catalogue rows, grey where there is no readable one.

    Args:
      shards: paths of the catalogue's Parquet files.
      rows: int64 [n].
    """
    wanted = set(rows.tolist())
    found: dict[int, Image.Image] = {}
    for shard in shards:
        for batch in pq.ParquetFile(shard).iter_batches(1024, columns=["row", "image_path", "image_bytes"]):
            for row, path, data in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if row in wanted:
                    found[row] = _thumbnail(path, data)
    return [found[row] for row in rows.tolist()]


def _thumbnail(path: str | None, data: bytes | None) -> Image.Image:
    try:
        if not data and path:
            with tf.io.gfile.GFile(path, "rb") as file:
                data = file.read()
        with Image.open(BytesIO(data or b"")) as image:
            return image.convert("RGB").resize((THUMBNAIL, THUMBNAIL))
    except (OSError, UnidentifiedImageError, tf.errors.OpError):
        return Image.new("RGB", (THUMBNAIL, THUMBNAIL), (200, 200, 200))


def _one_line(text: str) -> str:
    return " ".join(str(text).split())[:80] or "-"

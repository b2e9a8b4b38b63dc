"""What the workers of an encoding run need to know."""

from __future__ import annotations

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class EncodingJob:
    """One run of the encoding.

    Attributes:
      directory: where shards are written, reachable by all workers.
      catalogue_shards: Parquet files of the catalogue.
      items: rows of the catalogue.
      text_settings, image_settings: `config` of the encoders.
      vocabulary: learnt word pieces, if the text encoder has some of its own.
      dtype: of stored states and vectors.
      batch_size: texts or images at a time.
      shards: number of shards of texts, and of images.
      precision: "float32" or "bfloat16", in which a frozen text encoder runs.
      cache: directory of encoded texts and images to use and to add to, reachable by all workers; empty = none.
    """

    directory: str
    catalogue_shards: tuple[str, ...]
    items: int
    text_settings: dict[str, Any]
    vocabulary: tuple[str, ...] | None
    image_settings: dict[str, Any]
    dtype: str
    batch_size: int
    shards: int
    precision: str = "float32"
    cache: str = ""

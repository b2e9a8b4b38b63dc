"""A whole item store out of arrays."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from camenn_tf.encoders import item_store_files as files
from camenn_tf.encoders.features_info import FeaturesInfo
from camenn_tf.encoders.item_store_writer import write_index


def write_item_store(
    directory: str,
    info: FeaturesInfo,
    texts: Sequence[np.ndarray],
    text_of_item: np.ndarray,
    images: np.ndarray,
    image_of_item: np.ndarray,
    shard_items: int = 65536,
) -> FeaturesInfo:
    """Writes a whole store from memory, `features.json` last.

    Args:
      directory: made if it is not there.
      info: without shard sizes.
      texts: distinct texts without padding, each [length, Dt] or [length].
      text_of_item: int [items], the number of each item's text.
      images: distinct images [m, P, Di] or [m, P, h, w, 3].
      image_of_item: int [items], the number of each item's image, -1 = none.
      shard_items: most texts or images a shard.

    Returns:
      The info as written.
    """
    os.makedirs(directory, exist_ok=True)
    text_sizes, image_sizes = [], []
    for number, first in enumerate(range(0, len(texts), shard_items)):
        part = texts[first : first + shard_items]
        np.save(os.path.join(directory, files.text_shard(number)), np.concatenate(part))
        text_sizes.append(len(part))
    for number, first in enumerate(range(0, len(images), shard_items)):
        np.save(os.path.join(directory, files.image_shard(number)), images[first : first + shard_items])
        image_sizes.append(len(images[first : first + shard_items]))
    write_index(directory, np.array([len(text) for text in texts]), text_of_item, image_of_item)
    info = dataclasses.replace(
        info,
        text=dataclasses.replace(info.text, shards=tuple(text_sizes)),
        image=dataclasses.replace(info.image, shards=tuple(image_sizes)),
    )
    info.save(directory)
    return info

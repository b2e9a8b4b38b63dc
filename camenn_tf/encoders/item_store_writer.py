"""Writes the index that `ItemStore` reads."""

from __future__ import annotations

import os

import numpy as np

from camenn_tf.encoders import item_store_files as files


def write_index(directory: str, text_lengths: np.ndarray, text_of_item: np.ndarray, image_of_item: np.ndarray) -> None:
    """Writes which item has which text and image, and where each text starts.

    Args:
      directory: the store's.
      text_lengths: int [texts], over all shards.
      text_of_item: int [items].
      image_of_item: int [items], -1 = none.
    """
    np.save(os.path.join(directory, files.TEXT_OFFSETS), np.cumsum([0, *text_lengths], dtype=np.int64))
    np.save(os.path.join(directory, files.TEXT_OF_ITEM), np.asarray(text_of_item, np.int64))
    np.save(os.path.join(directory, files.IMAGE_OF_ITEM), np.asarray(image_of_item, np.int64))

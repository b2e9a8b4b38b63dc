"""The encoded texts and images of the catalogue, read-only and memory-mapped."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

from camenn_tf.encoders import item_store_files as files
from camenn_tf.encoders.features_info import FeaturesInfo, load_features_info
from camenn_tf.errors import UserError
from camenn_tf.inputs.aligned_zeros import aligned_zeros
from camenn_tf.inputs.half_floats import widen


class ItemFeatures(NamedTuple):
    """Features of U items, padded to the longest text among them.

    Attributes:
      text: float32 [U, L, Dt] encoder states, or int32 [U, L] piece ids; 0 at padding. L is 0 if there is no item.
      text_length: int32 [U], tokens with [CLS] and [SEP].
      image: float32 [U, P, Di] patch vectors, or uint8 [U, P, h, w, 3]; 0 where there is none.
      has_image: bool [U].
    """

    text: np.ndarray
    text_length: np.ndarray
    image: np.ndarray
    has_image: np.ndarray


class ItemStore:
    """Random access to the features of catalogue rows; holds nothing but memory maps, so processes share its pages.

    Attributes:
      info: `features.json`.
    """

    def __init__(self, directory: str, info: FeaturesInfo) -> None:
        self.info = info
        self._text_of_item = _open(directory, files.TEXT_OF_ITEM)  # int64 [items]
        self._image_of_item = _open(directory, files.IMAGE_OF_ITEM)  # int64 [items], -1 = none
        self._text_offsets = _open(directory, files.TEXT_OFFSETS)  # int64 [texts + 1], tokens before each
        self._texts = [_open(directory, files.text_shard(number)) for number in range(len(info.text.shards))]
        self._images = [_open(directory, files.image_shard(number)) for number in range(len(info.image.shards))]
        self._first_text = np.cumsum((0, *info.text.shards))  # [shards + 1]
        self._first_image = np.cumsum((0, *info.image.shards))
        if len(self._text_of_item) != info.items:
            raise UserError(f"{directory}: {len(self._text_of_item)} items, but features.json says {info.items}")

    @classmethod
    def open(cls, directory: str) -> ItemStore:
        """Opens a features directory; raises FileNotFoundError or UserError that says how to make it."""
        return cls(directory, load_features_info(directory))

    def __len__(self) -> int:
        return self.info.items

    @property
    def has_image(self) -> np.ndarray:
        """Which catalogue rows have an image: bool [items]."""
        return np.asarray(self._image_of_item >= 0)

    @property
    def text_max_length(self) -> int:
        """T+2: the longest text there can be, [CLS] and [SEP] included."""
        return self.info.text.max_length

    def gather(self, rows: np.ndarray, texts: bool = True, images: bool = True) -> ItemFeatures:
        """Features of catalogue rows, in their order.

        Args:
          rows: int [U]; -1 = a padding row, without text tokens and image.
          texts: False leaves the texts away, [U, 0, ...], but not their lengths.
          images: False leaves the images away, [U, 0, ...], but not which there are.

        Raises:
          IndexError: a row below -1 or beyond the catalogue.
        """
        rows = np.asarray(rows, np.int64)
        if rows.size and (rows.min() < -1 or rows.max() >= len(self)):
            raise IndexError(f"rows {rows.min()} to {rows.max()}: expected -1 to {len(self) - 1}")
        text, text_length = self._gather_texts(np.where(rows < 0, -1, self._text_of_item[rows]), texts)
        image, has_image = self._gather_images(np.where(rows < 0, -1, self._image_of_item[rows]), images)
        return ItemFeatures(text, text_length, image, has_image)

    def _gather_texts(self, texts: np.ndarray, wanted: bool) -> tuple[np.ndarray, np.ndarray]:
        start = self._text_offsets[texts]
        length = np.where(texts < 0, 0, self._text_offsets[np.where(texts < 0, 0, texts + 1)] - start)
        longest = int(length.max(initial=0)) if wanted else 0
        if self.info.text.kind == "pieces":
            out = aligned_zeros((len(texts), longest), np.int32)
        else:
            out = aligned_zeros((len(texts), longest, self.info.text.dim), np.float32)
        flat = out.reshape(len(texts) * longest, *out.shape[2:])
        for shard, values in enumerate(self._texts if wanted else ()):
            first, end = self._first_text[shard : shard + 2]
            chosen = np.flatnonzero((texts >= first) & (texts < end))
            lengths = length[chosen]
            # token j of the chosen text i: from start[i] + j in the shard to i * longest + j
            within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
            source = np.repeat(start[chosen] - self._text_offsets[first], lengths) + within
            flat[np.repeat(chosen * longest, lengths) + within] = widen(values[source])
        return out, length.astype(np.int32)

    def _gather_images(self, images: np.ndarray, wanted: bool) -> tuple[np.ndarray, np.ndarray]:
        info = self.info.image
        pixels = info.kind == "pixels"
        patches = info.patches if wanted else 0
        shape = (patches, *info.size) if pixels else (patches, info.dim)
        out = aligned_zeros((len(images), *shape), np.uint8 if pixels else np.float32)
        for shard, values in enumerate(self._images if wanted else ()):
            first, end = self._first_image[shard : shard + 2]
            chosen = np.flatnonzero((images >= first) & (images < end))
            out[chosen] = widen(values[images[chosen] - first])
        return out, images >= 0


def _open(directory: str, name: str) -> np.ndarray:
    path = os.path.join(directory, name)
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"{path}: features.json names it, but it is not there; run python -m camenn_tf.encode again"
        )
    # the plain view: numpy.memmap's own indexing is slower
    return np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)

"""What a model must know of the data before it is built."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import keras
import numpy as np

from camenn_tf.dataset.dataset_info import FieldInfo


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """Sizes of a dataset and its features.

    Attributes:
      sample_fields: user, context and cross fields, the columns of `fields` [B, Fb].
      item_fields: the columns of `items_fields` [U, Fi].
      text_kind: `states` (stored encoder states, key `items_text`) or `pieces` (`items_piece_ids`).
      text_dim: width of a text state.
      text_max_length: T + 2: pieces, [CLS] and [SEP].
      text_pieces: ids of pieces there are; read of an encoder that trains along.
      text_mask: id of [MASK]; None where the tokenizer has none, or only states are stored.
      image_kind: `features` (key `items_image`) or `pixels` (`items_pixels`).
      image_patches: P.
      image_dim: width of a patch feature.
      image_shape: (height, width, 3) of a patch, where the image encoder trains along.
      text_model: [n, L] int32 piece ids -> [n, L, text_dim], where the text encoder trains along.
      image_model: [n, P, h, w, 3] -> [n, P, image_dim], where the image encoder trains along.
      train_counts: by field name, in how many train samples each value occurs, int64 [size]; None = not known.
    """

    sample_fields: tuple[FieldInfo, ...]
    item_fields: tuple[FieldInfo, ...]
    text_kind: str
    text_dim: int
    text_max_length: int
    image_kind: str
    image_patches: int
    image_dim: int
    image_shape: tuple[int, int, int] | None = None
    text_pieces: int = 0
    text_mask: int | None = None
    text_model: keras.Model | None = None
    image_model: keras.Model | None = None
    train_counts: Mapping[str, np.ndarray] | None = None

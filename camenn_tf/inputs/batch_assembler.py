"""The batch dict of one replica, in NumPy: its samples, its alignment rows and each distinct item once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from camenn_tf.inputs.aligned_zeros import aligned_zeros
from camenn_tf.inputs.alignment import AlignmentRows
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.item_source import ItemSource
from camenn_tf.inputs.selected_fields import SelectedFields
from camenn_tf.tasks import ALONE, BOTH_TASKS

PADDING = -1  # catalogue row of index 0 of the U axis

METADATA_KEYS = ("new_to_user", "sample", "target_row", "timestamp", "user")
_SAMPLE_KEYS = ("fields", "history", "label", "target", "weight")
_ITEM_KEYS = ("items_fields", "items_has_image", "items_row", "items_text_length")
_ALIGNMENT_KEYS = (
    "alignment_image",
    "alignment_label",
    "alignment_sample",
    "alignment_task",
    "alignment_text",
    "alignment_weight",
)


@dataclasses.dataclass(frozen=True)
class Sizes:
    """What fixed shapes are padded to: distinct items with the padding row, alignment rows, text length."""

    items: int
    alignment: int
    text: int


class BatchAssembler:
    """Builds batch dicts of NumPy arrays, with the keys and types of `spec`.

    Args:
      catalogue: the catalogue.
      store: the item store.
      selected: which fields are read.
      history_length: N.
      keys: keys to make, None = all but `METADATA_KEYS`.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        store: ItemSource,
        selected: SelectedFields,
        history_length: int,
        keys: Sequence[str] | None = None,
    ) -> None:
        self._store = store
        self._selected = selected
        self._history_length = history_length
        self._item_fields = np.concatenate(
            [catalogue.fields, np.zeros((1, catalogue.fields.shape[1]), np.int32)]  # row -1 is the padding row
        )[:, selected.item_columns]
        text, _, image, _ = store.gather(np.asarray([PADDING]))
        self._text_key = "items_text" if text.ndim == 3 else "items_piece_ids"
        self._image_key = "items_image" if image.ndim == 3 else "items_pixels"
        contract = (*_SAMPLE_KEYS, *_ITEM_KEYS, *_ALIGNMENT_KEYS, self._text_key, self._image_key)
        unknown = sorted(set(keys or ()) - set(contract) - set(METADATA_KEYS))
        if unknown:
            raise ValueError(
                f"batch key '{unknown[0]}' cannot be made from these features, "
                f"expected some of {', '.join(sorted(contract + METADATA_KEYS))}"
            )
        self.keys = tuple(sorted(contract if keys is None else keys))
        self.spec = {key: self._key_spec(key, text, image) for key in self.keys}

    def assemble(
        self, samples: Mapping[str, np.ndarray], alignment: AlignmentRows, sizes: Sizes | None = None
    ) -> dict[str, np.ndarray]:
        """One replica's batch.

        Args:
          samples: parsed records (see `parse_samples`) and `weight` float32 [B].
          alignment: the replica's rows; owners and samples are positions among `samples`.
          sizes: what to pad to; None = no more than the batch needs.
        """
        index, rows = self._distinct_items(samples, alignment)
        if sizes is not None:
            rows = np.pad(rows, (0, sizes.items - rows.size), constant_values=PADDING)
        out = {
            **{key: samples[key] for key in ("fields", "label", "weight", *METADATA_KEYS) if key in samples},
            **index,
            "items_row": rows,
            "items_fields": self._item_fields[rows],
            "target_row": samples["target"],
            "alignment_sample": alignment.sample,
            "alignment_task": alignment.task,
            "alignment_label": alignment.label,
            "alignment_weight": alignment.weight,
        }
        out["fields"] = samples["fields"][:, self._selected.sample_columns]
        if sizes is not None:
            _pad_alignment(out, sizes.alignment)
        if not {self._text_key, self._image_key, "items_text_length", "items_has_image"}.isdisjoint(self.keys):
            out.update(self._features(rows, sizes))
        return {key: out[key].astype(self.spec[key].dtype.as_numpy_dtype, copy=False) for key in self.keys}

    def _distinct_items(
        self, samples: Mapping[str, np.ndarray], alignment: AlignmentRows
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """The keys that hold indices of items, and the catalogue rows [U] they point to, index 0 = the padding row."""
        target, history = samples["target"], samples["history"]
        if "history" not in self.keys:
            history = history[:, :0]
        if "target" not in self.keys:
            target = target[:0]
        parts = [np.asarray([PADDING]), target, history.reshape(-1), alignment.text_row, alignment.image_row]
        rows, index = np.unique(np.concatenate(parts), return_inverse=True)  # PADDING sorts first
        _, target_index, history_index, text_index, image_index = np.split(
            index, np.cumsum([part.size for part in parts])[:-1]
        )
        named = {
            "target": target_index,
            "history": history_index.reshape(history.shape),
            "alignment_text": text_index,
            "alignment_image": image_index,
        }
        return named, rows

    def _features(self, rows: np.ndarray, sizes: Sizes | None) -> dict[str, np.ndarray]:
        text, length, image, has_image = self._store.gather(
            rows, texts=self._text_key in self.keys, images=self._image_key in self.keys
        )
        if sizes is not None and text.shape[1] < sizes.text:
            real, text = text, aligned_zeros((len(rows), sizes.text, *text.shape[2:]), text.dtype)
            text[:, : real.shape[1]] = real
        return {
            self._text_key: text,
            self._image_key: image,
            "items_text_length": length,
            "items_has_image": has_image,
        }

    def _key_spec(self, key: str, text: np.ndarray, image: np.ndarray) -> tf.TensorSpec:
        tails = {
            "fields": (len(self._selected.sample_fields),),
            "history": (self._history_length,),
            "items_fields": (len(self._selected.item_fields),),
            self._text_key: (None, *text.shape[2:]),
            self._image_key: image.shape[1:],
        }
        types = {
            self._text_key: text.dtype,
            self._image_key: image.dtype,
            "items_has_image": np.bool_,
            **dict.fromkeys(("label", "weight", "alignment_label", "alignment_weight"), np.float32),
            **dict.fromkeys(METADATA_KEYS, np.int64),
        }
        return tf.TensorSpec([None, *tails.get(key, ())], tf.as_dtype(types.get(key, np.int32)), name=key)


def _pad_alignment(out: dict[str, np.ndarray], count: int) -> None:
    """Adds rows of weight 0, in place: the first target alone."""
    item = out["target"][0] if out["target"].size else 0
    values = {"alignment_sample": ALONE, "alignment_task": BOTH_TASKS, "alignment_text": item, "alignment_image": item}
    missing = count - out["alignment_label"].size
    for key in _ALIGNMENT_KEYS:
        out[key] = np.pad(out[key], (0, missing), constant_values=values.get(key, 0))

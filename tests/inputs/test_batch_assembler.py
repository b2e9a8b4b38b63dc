"""Batches for encoders that train along: piece ids and pixels in place of states and features."""

from __future__ import annotations

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.inputs.alignment import no_alignment_rows
from camenn_tf.inputs.batch_assembler import BatchAssembler, Sizes
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.selected_fields import selected_fields
from tests.inputs.small_dataset import FakeStore, small_config, write_dataset

SAMPLES = {
    "fields": np.zeros((2, 3), np.int32),
    "history": np.asarray([[-1, 4], [7, 4]], np.int32),
    "target": np.asarray([7, 2], np.int32),
    "label": np.asarray([1, 0], np.float32),
    "weight": np.ones(2, np.float32),
}


class RawStore(FakeStore):
    """The pieces of row r are r + 1, its pixels too."""

    def gather(
        self, rows: np.ndarray, texts: bool = True, images: bool = True
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        self.asked = (texts, images)
        text, length, image, has_image = super().gather(rows, texts, images)
        return text[..., 0].astype(np.int32), length, -image[..., :1, None, None].astype(np.uint8), has_image


@pytest.fixture
def assembler(tmp_path: pathlib.Path) -> BatchAssembler:
    info = write_dataset(tmp_path)
    store = RawStore(np.ones(30, bool))
    return BatchAssembler(Catalogue.load(os.fspath(tmp_path)), store, selected_fields(info, small_config()), 2)


def test_keys_tell_what_the_store_holds(assembler: BatchAssembler) -> None:
    assert {"items_piece_ids", "items_pixels"} <= set(assembler.keys)
    assert {"items_text", "items_image"}.isdisjoint(assembler.keys)
    batch = assembler.assemble(SAMPLES, no_alignment_rows())
    assert batch["items_row"].tolist() == [-1, 2, 4, 7]
    assert batch["target"].tolist() == [3, 1] and batch["history"].tolist() == [[0, 2], [3, 2]]
    assert batch["items_piece_ids"].tolist() == [[0] * 5, [3] * 4 + [0], [5] * 2 + [0] * 3, [8] * 5]
    assert batch["items_text_length"].tolist() == [0, 4, 2, 5]
    assert batch["items_pixels"].dtype == np.uint8 and batch["items_pixels"][:, 0].reshape(-1).tolist() == [0, 3, 5, 8]
    for key, spec in assembler.spec.items():
        assert spec.is_compatible_with(tf.constant(batch[key])), key


def test_fixed_shapes_add_padding_rows_and_alone_rows_of_no_weight(assembler: BatchAssembler) -> None:
    batch = assembler.assemble(SAMPLES, no_alignment_rows(), Sizes(items=6, alignment=2, text=6))
    assert batch["items_row"].tolist() == [-1, 2, 4, 7, -1, -1]
    assert batch["items_piece_ids"].shape == (6, 6) and batch["items_piece_ids"][1].tolist() == [3] * 4 + [0] * 2
    assert batch["items_text_length"].tolist() == [0, 4, 2, 5, 0, 0]
    assert batch["alignment_weight"].tolist() == [0, 0] and batch["alignment_sample"].tolist() == [-1, -1]
    assert batch["alignment_text"].tolist() == batch["alignment_image"].tolist() == [3, 3]


@pytest.mark.parametrize("left_out", ["items_piece_ids", "items_pixels"])
def test_what_no_key_holds_is_not_read(left_out: str, tmp_path: pathlib.Path) -> None:
    info = write_dataset(tmp_path)
    store, catalogue = RawStore(np.ones(30, bool)), Catalogue.load(os.fspath(tmp_path))
    fields = selected_fields(info, small_config())
    whole = BatchAssembler(catalogue, store, fields, 2)
    part = BatchAssembler(catalogue, store, fields, 2, [key for key in whole.keys if key != left_out])
    for sizes in (None, Sizes(items=6, alignment=2, text=6)):
        expected = whole.assemble(SAMPLES, no_alignment_rows(), sizes)
        assert store.asked == (True, True)
        batch = part.assemble(SAMPLES, no_alignment_rows(), sizes)
        assert store.asked == (left_out != "items_piece_ids", left_out != "items_pixels")
        assert expected.keys() - batch.keys() == {left_out}
        for key, values in batch.items():
            np.testing.assert_array_equal(values, expected[key])

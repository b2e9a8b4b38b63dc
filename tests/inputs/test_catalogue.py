"""The catalogue: its columns in row order, and which items are alike."""

from __future__ import annotations

import os
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camenn_tf.inputs.catalogue import Catalogue, groups
from tests.inputs.small_dataset import write_dataset


def test_columns_are_read_in_row_order(tmp_path: pathlib.Path) -> None:
    write_dataset(tmp_path, items=30)
    catalogue = Catalogue.load(os.fspath(tmp_path))
    assert catalogue.size == 30 and catalogue.item_ids[7] == "item 7"
    assert catalogue.texts[7] == "t7" and catalogue.texts[9] == ""
    assert catalogue.fields.dtype == np.int32 and catalogue.fields[7].tolist() == [9, 1]
    assert catalogue.alignment_class[7] == "2" and catalogue.alignment_split[7] == ""
    assert catalogue.train_samples.sum() == catalogue.train_purchases.sum() == 24
    assert (catalogue.text_group == -1).nonzero()[0].tolist() == [9, 19, 29]
    assert (catalogue.image_group == -1).nonzero()[0].tolist() == [8, 18, 28]
    assert catalogue.alignment_groups(np.asarray([12, 7])).tolist() == [[11, 11, 2], [7, 7, 2]]


def test_images_brought_as_bytes_are_told_apart_by_their_bytes(tmp_path: pathlib.Path) -> None:
    info = write_dataset(tmp_path, items=4)
    path = tmp_path / info.catalogue_shards[0]
    table = pq.read_table(path)
    column = table.schema.get_field_index("image_bytes")
    images = pa.array([b"one", None, b"one", b"other"], pa.binary())
    pq.write_table(table.set_column(column, "image_bytes", images), path)
    assert Catalogue.load(os.fspath(tmp_path)).image_group.tolist() == [0, 1, 0, 2]


def test_rows_out_of_place_are_refused(tmp_path: pathlib.Path) -> None:
    info = write_dataset(tmp_path, items=4)
    path = tmp_path / info.catalogue_shards[0]
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    with pytest.raises(ValueError, match=r"catalogue-00000-of-00001.parquet: rows do not go on from 0"):
        Catalogue.load(os.fspath(tmp_path))
    pq.write_table(table.slice(0, 3), path)
    with pytest.raises(ValueError, match=r"3 catalogue rows, but dataset.json says 4"):
        Catalogue.load(os.fspath(tmp_path))


def test_groups_number_equal_values_alike() -> None:
    assert groups(["b", "", "a", None, "b"]).tolist() == [0, -1, 1, -1, 0]

"""The heat map and the projector's files."""

from __future__ import annotations

import io
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from camenn_tf.training.heat_map import cosine_similarity, draw_heat_map
from camenn_tf.training.projector_files import THUMBNAIL, thumbnails_of, write_projector


def test_cosine_similarity() -> None:
    left = np.array([[2.0, 0.0], [0.0, 0.0]])
    right = np.array([[3.0, 0.0], [0.0, -1.0], [1.0, 1.0]])
    np.testing.assert_allclose(cosine_similarity(left, right), [[1, 0, 0.5**0.5], [0, 0, 0]], atol=1e-12)


def test_heat_map_is_red_where_alike_and_blue_where_opposite() -> None:
    picture = draw_heat_map(np.array([[1.0, -1.0], [0.0, 0.5]]), ["a", "b"], ["c", "a long name that is cut"])
    corner = np.asarray(picture.shape[:2]) - 8 - 2 * 56 + 3  # inside the first cell, off its number
    cells = [picture[corner[0] + 56 * i, corner[1] + 56 * j].astype(int) for i in (0, 1) for j in (0, 1)]
    assert cells[0][0] > 150 > cells[0][2]
    assert cells[1][2] > 150 > cells[1][0]
    assert (cells[2] > 240).all()
    assert cells[3][0] > cells[3][2] + 50


def test_projector_files(tmp_path: pathlib.Path) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (10, 20), (255, 0, 0)).save(stream, "PNG")
    Image.new("RGB", (9, 9), (0, 255, 0)).save(tmp_path / "green.png")
    columns = {
        "row": [0, 1, 2, 3],
        "image_path": [None, str(tmp_path / "green.png"), str(tmp_path / "gone.png"), None],
        "image_bytes": pa.array([stream.getvalue(), None, None, b"broken"], pa.binary()),
    }
    pq.write_table(pa.table(columns), tmp_path / "catalogue.parquet")
    pictures = thumbnails_of([str(tmp_path / "catalogue.parquet")], np.array([3, 1, 0, 2]))
    colours = [picture.getpixel((5, 5)) for picture in pictures]
    assert colours == [(200, 200, 200), (0, 255, 0), (255, 0, 0), (200, 200, 200)]

    names = {"item": ["a", "b", "c", "d"], "text": ["one\ttwo\nthree", "", "x", "y"]}
    write_projector(str(tmp_path / "out"), np.eye(4), names, pictures)
    lines = (tmp_path / "out" / "items.tsv").read_text().splitlines()
    assert lines[:3] == ["item\ttext", "a\tone two three", "b\t-"]
    vectors = np.loadtxt(tmp_path / "out" / "vectors.tsv")
    np.testing.assert_array_equal(vectors, np.eye(4))
    with Image.open(tmp_path / "out" / "sprite.png") as sprite:
        assert sprite.size == (2 * THUMBNAIL, 2 * THUMBNAIL)
        assert sprite.getpixel((THUMBNAIL + 5, 5)) == (0, 255, 0)
    assert 'image_path: "sprite.png"' in (tmp_path / "out" / "projector_config.pbtxt").read_text()
    assert list((tmp_path / "out").glob("events*"))


@pytest.mark.parametrize("size", [1, 8])
def test_heat_maps_of_any_size(size: int) -> None:
    names = [str(number) for number in range(size)]
    picture = draw_heat_map(np.zeros((size, size)), names, names)
    assert picture.dtype == np.uint8 and picture.shape[0] == picture.shape[1]

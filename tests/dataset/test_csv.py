"""CSV files in blocks: rows keep their numbers, whatever stands before them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from camenn_tf.dataset import tables
from camenn_tf.dataset.entities import read_users
from camenn_tf.dataset.schema import Schema
from camenn_tf.dataset.tables import Piece, TableError, batches

HEADER = b"user_id,age,town\n"
BLOCK = 64  # bytes: a file of some rows has many blocks, as one of gigabytes has


@pytest.fixture(params=[BLOCK, 1 << 20])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(tables, "_CSV_BLOCK", request.param)
    yield request.param


def read(path: Path, content: bytes, *columns: str) -> list[tuple[bytes, ...]]:
    """The rows of these columns."""
    path.write_bytes(content)
    rows: list[tuple[bytes, ...]] = []
    for first, batch in batches(Piece(str(path), -1, 0), columns):
        assert first == len(rows)
        rows += zip(*(batch.column(name).to_pylist() for name in columns), strict=True)
    return rows


def people(first: int, count: int) -> bytes:
    return b"".join(b"u%d,%d,here\n" % (number, number % 90) for number in range(first, first + count))


@pytest.mark.parametrize("before", [1, 9, 200])
def test_a_row_of_another_length_is_named_by_its_row(tmp_path: Path, block: int, before: int) -> None:
    path = tmp_path / "users.csv"
    for gap in (b"", b"\n\n"):  # empty lines are no rows
        with pytest.raises(TableError, match=rf"users\.csv: row {before + 1}: 2 cells, but the header has 3: u0,7$"):
            read(path, HEADER + gap + people(0, before) + b"u0,7\n" + people(before, 20) + b"u0,7\n", "age", "town")


def test_a_bad_cell_beyond_the_first_block_is_named_by_its_row(tmp_path: Path, block: int) -> None:
    content = HEADER + people(0, 150) + b"u7,50,here\n" + people(150, 30)
    (tmp_path / "users.csv").write_bytes(content)
    with pytest.raises(TableError, match=r"users\.csv: column 'user_id': row 151: 'u7' is the id of row 8 too"):
        read_users(str(tmp_path), Schema(()))

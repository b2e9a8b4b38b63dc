"""CSV files in blocks: rows keep their numbers, and a quote that is missing swallows none of them in silence."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            b'u0,7,"sun\n%s',
            r"""row 12: the quote that opens the cell '"sun' is (never closed|not closed within 64 b)""",
        ),
        (b'u0,"7,sun\n%su9,"3 4",here\n', r"""row 12: .* '"7,sun' is (closed in a later line, before '3 4|not cl)"""),
        (b'u0,7,"sun\n%su9,7,rain"\n', r"""row 12: .* '"sun' is (closed in a later line, and the lines|not closed)"""),
        (b'"u0,7,sun\n%su9",7,rain\n', r"""row 12: .* '"u0,7,sun' is (closed in a later line, and|not closed)"""),
        (b'u0,7,sun\n%su9,7,"rain', r"""row \d\d: .* '"rain.*' is never closed"""),
    ],
)
@pytest.mark.parametrize("between", [1, 2, 80])
def test_an_unmatched_quote_is_named_by_its_row(
    tmp_path: Path, block: int, cells: bytes, message: str, between: int
) -> None:
    """The rows before it have an empty line, a cell of two lines and quotes of every lawful kind."""
    before = people(0, 9) + b'\nu9,"4\n5","a ""b"""\nu10,5"" 6",""\n'
    content = HEADER + before + cells % people(11, between) + people(200, 1)
    with pytest.raises(TableError, match=rf"users\.csv: {message}"):
        read(tmp_path / "users.csv", content, "user_id", "age")


def test_an_unmatched_quote_in_the_header(tmp_path: Path, block: int) -> None:
    with pytest.raises(
        TableError, match=r"""users\.csv: the header: the quote that opens the cell '"town' is closed"""
    ):
        read(tmp_path / "users.csv", b'user_id,age,"town\nu1,5,here\nu2,6,there"\nu3,7,here\n', "user_id", "age")


def test_lawful_quotes_are_read_as_they_are(tmp_path: Path, block: int) -> None:
    pasta = "Pasta, 500 g, durum\nMade in Italy, Rome"
    cells = [
        '5" pizza',
        '"5"" pizza"',
        f'"{pasta}"',
        '"one\r\n\r\ntwo"',
        '"" ',
        '"a\nb" ',
        'x""',
        '"a, ""b"", c\nd"',
        '""',
    ]
    content = HEADER + "".join(f"u{n},{n},{cell}\n" for n, cell in enumerate(cells)).encode()
    got = [cell.decode() for (cell,) in read(tmp_path / "users.csv", content, "town")]
    assert got == ['5" pizza', '5" pizza', pasta, "one\r\n\r\ntwo", " ", "a\nb ", 'x""', 'a, "b", c\nd', ""]


TEXTS = st.lists(st.sampled_from(['"', ", ", "\n", "a", "苹"]), max_size=8).map("".join)
QUOTING = st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
ENDS = st.sampled_from(["\n", "\r\n"])
GIVEN = hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@GIVEN
@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=30), QUOTING, ENDS)
def test_whatever_a_writer_writes_is_read(tmp_path: Path, rows: list, quoting: int, end: str) -> None:
    """In blocks that any cell may begin and end in."""
    file = io.StringIO()
    csv.writer(file, quoting=quoting, lineterminator=end).writerows([("a", "b", "c"), *rows])  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_CSV_BLOCK", 150)
        got = read(tmp_path / "x.csv", file.getvalue().encode(), "a", "b", "c")
    assert got == [tuple(cell.encode() for cell in row) for row in rows]


WORDS = st.sampled_from(["", "a", "b c", 'TV 42"', '5" nail', "a,b", '"a"'])


@GIVEN
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=2, max_size=8), QUOTING, st.data())
def test_a_quote_too_many_loses_no_row(tmp_path: Path, rows: list, quoting: int, data: st.DataObject) -> None:
    """Before a cell without quotes; some cells end in an inch mark without being quoted, as if written by hand."""

    def cell(word: str) -> str:
        written = quoting == csv.QUOTE_ALL or "," in word or word.startswith('"')
        return '"' + word.replace('"', '""') + '"' if written else word

    lines = [[cell(word) for word in row] for row in rows]
    row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 2))
    lines[row][column] = '"' + rows[row][column].replace(",", "")
    content = "a,b,c\n" + "".join(",".join(line) + "\n" for line in lines)
    try:
        got = read(tmp_path / "x.csv", content.encode(), "a", "b", "c")
    except TableError:
        return
    assert len(got) == len(rows), content

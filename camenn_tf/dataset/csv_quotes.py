"""Quotes of a CSV file that swallow rows: one that is missing makes its cell go on to the next quote, or to the end."""

from __future__ import annotations

import re
from typing import Any

# As Arrow reads: a quote opens a cell only at its very beginning, a doubled one stands for itself, and behind the one
# that closes, as everywhere else, quotes are plain text. Both patterns want the byte before them, and one behind.
_SETTLED = re.compile(  # up to the first quoted cell that has a line break, or that is not closed yet
    rb'[^"]*+(?:(?:(?<=[,\r\n])"[^"\r\n]*+(?:""[^"\r\n]*+)*+"(?=[^"])|(?<![,\r\n])")[^"]*+)*+'
)
_CELL = re.compile(rb'"(?P<content>[^"]*+(?:""[^"]*+)*+)(?:"(?=(?P<behind>[^"])))?')
_LINE_END = re.compile(rb"\r\n|\r|\n")
_SHOWN = 100  # most bytes that an error tells


class QuoteError(Exception):
    """A quoted cell that is not one: the place of its quote in the file, its first line and the reason."""

    def __init__(self, place: int, text: str, reason: str) -> None:
        super().__init__(place, text, reason)
        self.place, self.text, self.reason = place, text, reason


class QuoteChecked:
    """A file that checks what is read of it, for Arrow's CSV reader.

    `read` raises QuoteError for a cell that is never closed, and for one with line breaks that has more text behind its
    closing quote, or whose lines have the delimiters of rows. Cells within one line are left to the count of cells.
    """

    def __init__(self, file: Any, most: int, cells: int = 0) -> None:
        """Takes the file, the most bytes that a cell may have, and the number of cells in the header (0: unknown)."""
        self._file, self._most, self._cells = file, most, cells
        self._open, self._place = b"\n", -1  # what is not settled, after the byte before it; where in the file it is

    @property
    def closed(self) -> bool:
        """Whether the file is."""
        return bool(self._file.closed)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, checked."""
        data: bytes = self._file.read(size)
        self._check(self._open + (data or b"\n"), at_end=not data)
        return data

    def _check(self, data: bytes, at_end: bool) -> None:
        begin = _settled(data, 1)
        while begin < len(data):
            cell = _CELL.match(data, begin)
            assert cell is not None
            if cell["behind"] is None:
                break
            if reason := self._fault(cell["content"], data[cell.end() : cell.end() + _SHOWN]):
                raise self._error(data, begin, reason)
            begin = _settled(data, cell.end())
        if at_end and begin < len(data):
            raise self._error(data, begin, "is never closed")
        if len(data) - begin > self._most:
            raise self._error(data, begin, f"is not closed within {self._most} bytes")
        self._open, self._place = data[begin - 1 :], self._place + begin - 1

    def _fault(self, content: bytes, behind: bytes) -> str:
        """What is wrong with a cell that has line breaks, or nothing."""
        rest = behind.lstrip(b" \t")
        if rest[:1] not in b",\r\n":
            return f"is closed in a later line, before {_first_line(rest)!r}"
        first, *middle, last = (line.count(b",") for line in _LINE_END.split(content))
        commas = self._cells - 1  # of a row; the tail of one and the head of another have as many together
        like_rows = commas > 0 and {first + last, *middle} == {commas}
        if like_rows and b", " not in content:  # texts have a space behind a comma, rows have none
            return "is closed in a later line, and the lines up to there have the commas of rows"
        return ""

    def _error(self, data: bytes, begin: int, reason: str) -> QuoteError:
        return QuoteError(self._place + begin, _first_line(data[begin : begin + _SHOWN]), reason)


def _first_line(data: bytes) -> str:
    return _LINE_END.split(data)[0].decode(errors="replace")


def _settled(data: bytes, begin: int) -> int:
    """Where the first quoted cell begins that has a line break or is not closed; the end of the data without one."""
    found = _SETTLED.match(data, begin)
    assert found is not None  # it may be empty
    return found.end()

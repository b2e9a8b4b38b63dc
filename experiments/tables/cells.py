"""What all tables share: rows of Markdown and numbers as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Files = Sequence[tuple[str, dict[str, Any]]]  # path inside experiments/results, and content


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table's lines."""
    return [row(titles), row(["---"] * len(titles)), *(row(cells) for cells in rows)]


def row(cells: Sequence[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(cells) + " |"


def score(value: float | None) -> str:
    """Four places; - for what could not be computed."""
    return "-" if value is None else f"{value:.4f}"

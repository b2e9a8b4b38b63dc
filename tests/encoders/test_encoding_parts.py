"""Notes beside shards."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from camenn_tf.encoders.encoding_parts import content_fingerprint, merge, write_part

WORK = {"encoded": 1, "from_cache": 0, "seconds": 0.5}
A, B, C = (hashlib.sha256(name).digest() for name in (b"a", b"b", b"c"))
Entries = list[tuple[bytes, list[int]]]  # digest and catalogue rows


def fingerprint(directory: Path, texts: list[Entries], images: list[Entries], items: int = 3) -> str:
    """Of shards of texts and as many of images."""
    directory.mkdir()
    for kind, shards in (("text", texts), ("image", images)):
        for number, entries in enumerate(shards):
            digests, rows = [digest for digest, _ in entries], [rows for _, rows in entries]
            write_part(str(directory), kind, number, [1] * len(rows), digests, rows, [], WORK)
    return content_fingerprint(items, *merge(str(directory), len(texts)))


TEXTS: list[Entries] = [[(A, [0, 2]), (B, [1])], []]
IMAGES: list[Entries] = [[(C, [0])], [(A, [2])]]


def test_shards_and_order_do_not_change_the_content(tmp_path: Path) -> None:
    spread: list[Entries] = [[(B, [1])], [(A, [2, 0])]]
    together: list[Entries] = [[(A, [2]), (C, [0])], []]
    assert fingerprint(tmp_path / "1", TEXTS, IMAGES) == fingerprint(tmp_path / "2", spread, together)


@pytest.mark.parametrize(
    ("texts", "images", "items"),
    [
        ([[(A, [0]), (B, [1, 2])], []], IMAGES, 3),  # a row with another text
        ([[(C, [0, 2]), (B, [1])], []], IMAGES, 3),  # another text
        (TEXTS, [[(C, [2])], [(A, [0])]], 3),  # two pictures swapped
        (TEXTS, [[(C, [0])], []], 3),  # a picture less
        (IMAGES, TEXTS, 3),
        (TEXTS, IMAGES, 4),
    ],
)
def test_another_content_has_another_fingerprint(
    tmp_path: Path, texts: list[Entries], images: list[Entries], items: int
) -> None:
    assert fingerprint(tmp_path / "1", TEXTS, IMAGES) != fingerprint(tmp_path / "2", texts, images, items)


def test_notes_are_put_together_and_removed(tmp_path: Path) -> None:
    fingerprint(tmp_path / "1", TEXTS, IMAGES)
    assert not list((tmp_path / "1").iterdir())

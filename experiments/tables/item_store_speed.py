"""How fast features open and are gathered: what `experiments.item_store_speed` writes."""

from __future__ import annotations

from experiments.tables.cells import Files, table


def lines(files: Files) -> list[str]:
    """A row for each file."""
    rows = [
        [
            f"`{name}`",
            f"{part['items']}",
            f"{part['open_ms']:.1f}",
            f"{part['open_megabytes']:.1f}",
            f"{part['gathered']}",
            f"{part['gather_ms_median']:.1f}",
            f"{part['first_gather_ms_median']:.1f}",
        ]
        for name, part in files
    ]
    return [
        "## Opening and gathering features",
        "`python -m experiments.item_store_speed`: 12 text tokens of 384 and 9 patches of 256 an item, float16.",
        "",
        *table(["file", "items", "open, ms", "own memory, MB", "gathered", "warm, ms", "first time, ms"], rows),
    ]

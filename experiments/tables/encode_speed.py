"""Texts encoded a second, beside plain `predict`: what `experiments.encode_speed` writes."""

from __future__ import annotations

from experiments.tables.cells import Files, table


def lines(files: Files) -> list[str]:
    """Both ways of each file, and how near their states are."""
    rows = [
        [
            f"`{name}`",
            part["precision"],
            f"{part['plain_per_second']:.1f}",
            f"{part['ours_per_second']:.1f}",
            f"{part['ratio']:.2f}",
            f"{part['cosine_least']:.5f}",
        ]
        for name, part in files
    ]
    return [
        "## Encoding speed beside plain predict",
        "`python -m experiments.encode_speed`: a BERT of the base's size, Chinese grocery titles, both in one process.",
        "",
        *table(["file", "our precision", "predict, texts/s", "ours, texts/s", "ratio", "least cosine of states"], rows),
    ]

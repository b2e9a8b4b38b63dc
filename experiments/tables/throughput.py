"""Training speed beside the literal model: what `make bench` writes."""

from __future__ import annotations

from experiments.tables.cells import Files, table


def lines(files: Files) -> list[str]:
    """The newest file's ratio, and a table of our speed by size."""
    name, timing = files[-1]
    equal = timing["equal_batch"]
    rows = [
        [
            str(row["history"]),
            str(row["batch"]),
            f"{row['samples_per_second']:.1f}",
            f"{row['share']:.2f}",
            f"{row['peak_gb']:.2f}",
        ]
        for row in timing["ours"]
    ]
    return [
        "## Training speed beside the literal model",
        f"`{name}` (`make bench`): B=4, N=10: {equal['our_seconds']:.3f} s a step against "
        f"{equal['literal_seconds']:.3f} s, ratio {equal['ratio']:.2f}; float32 matmul rate "
        f"{equal['matmul_gflops']:.0f} GFLOP/s, of which ours reaches {equal['our_share']:.2f} and the literal form "
        f"{equal['literal_share']:.2f} (of its own, padded products).",
        "",
        *table(["N", "B", "samples/s", "share of the matmul rate", "peak GB"], rows),
    ]

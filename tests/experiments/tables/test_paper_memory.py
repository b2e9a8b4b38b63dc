from __future__ import annotations

from experiments.tables import paper_memory


def test_what_fits_on_a_card() -> None:
    gigabytes = {("journey", 32): 3.0, ("longest", 32): 11.5, ("journey", 64): 6.0, ("longest", 64): 11.6}
    gigabytes |= {("journey", 128): 12.0, ("longest", 128): 40.0}
    measured = [{"rows": rows, "samples": samples, "gb": size} for (rows, samples), size in gigabytes.items()]
    lines = paper_memory.lines([("paper_memory.json", {"table": measured})])
    assert lines[-3:] == [
        "| 128 | 32 | 3.5 | 12.0 | yes |",
        "| 256 | 64 | 6.5 | 12.1 | usual rows only |",
        "| 512 | 128 | 12.5 | 40.5 | no |",
    ]

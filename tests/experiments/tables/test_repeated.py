"""Published runs once more."""

from __future__ import annotations

from experiments.tables import repeated
from tests.experiments.tables.made_runs import files_of, made_run


def test_a_row_is_the_later_run_less_the_published_one() -> None:
    published = {
        "final": files_of(
            made_run("final", "din", 3, 0.88, commit="aaa"), made_run("final", "din", 4, 0.5, commit="x")
        ),
        "ablations": files_of(made_run("ablations", "no_text", 3, 0.86, commit="aaa")),
    }
    again = {
        "final": files_of(made_run("final", "din", 3, 0.88002, commit="bbb")),
        "ablations": files_of(made_run("ablations", "no_text", 3, 0.859, commit="bbb", test={})),
    }
    lines = repeated.lines(again, published)
    assert lines[-2:] == [
        "| DIN (3) | Tables 1, 2, 4 | aaa | bbb | +0.00002 | +0.00002 | +0.00002 | +0.00002 |",
        "| no texts, so no ITA and TIA (3) | ablations | aaa | bbb | -0.00100 | -0.00100 | - | - |",
    ]


def test_runs_that_are_not_published_have_no_row() -> None:
    assert repeated.lines({"final": files_of(made_run("final", "din", 7, 0.88, commit="bbb"))}, {}) == []

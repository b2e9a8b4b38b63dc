from __future__ import annotations

import pathlib

from experiments import write_results


def test_results_are_what_the_json_files_give() -> None:
    written = pathlib.Path(write_results.OUTPUT).read_text(encoding="utf-8")
    assert written == write_results.results_text(), "run make results"

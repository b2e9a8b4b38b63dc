from __future__ import annotations

from pathlib import Path

import pytest

from camenn_tf.errors import UserError
from experiments.comparison.command import check_places, check_wanted
from experiments.comparison.run_trials import Options


def test_what_is_asked_for_has_runs() -> None:
    check_wanted(Options(), {"fm"}, {1})
    check_wanted(Options(arms=["fm"], seeds=[2]), {"fm", "din"}, {1, 2})


def test_an_unknown_arm_or_seed_is_named() -> None:
    with pytest.raises(UserError, match="--arm=dinn: no run of this study, expected one of din, fm"):
        check_wanted(Options(arms=["fm", "dinn"]), {"fm", "din"}, {1})
    with pytest.raises(UserError, match="--seed=7: no run of this study, expected one of 1, 2"):
        check_wanted(Options(seeds=[7]), {"fm"}, {1, 2})


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for flag, options in (
        ("output", Options(output=str(file))),
        ("results", Options(str(tmp_path), str(tmp_path), str(file))),
    ):
        with pytest.raises(UserError, match=f"--{flag}=.*file: cannot be written"):
            check_places(options)
    check_places(Options(output=str(tmp_path / "new"), results=str(tmp_path / "deep" / "results")))
    assert not list((tmp_path / "new").iterdir())

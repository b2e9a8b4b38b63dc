from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from camenn_tf.errors import UserError
from experiments.comparison.command import check_places, check_wanted, with_seeds
from experiments.comparison.run_trials import Options
from experiments.comparison.trial import Trial


def test_an_unknown_arm_is_named() -> None:
    check_wanted(Options(), {"fm"})
    check_wanted(Options(arms=["fm"], seeds=[2]), {"fm", "din"})
    with pytest.raises(UserError, match="--arm=dinn: no run of this study, expected one of din, fm"):
        check_wanted(Options(arms=["fm", "dinn"]), {"fm", "din"})


def test_other_seeds_than_the_published_run_every_arm() -> None:
    planned = [Trial("final", arm, seed, "bench", ()) for arm, seed in (("fm", 1), ("fm", 2), ("mose", 1))]

    def further(**wanted: Any) -> list[tuple[str, int]]:
        return [(trial.arm, trial.seed) for trial in with_seeds(planned, Options(**wanted))[len(planned) :]]

    assert further() == further(seeds=[1, 2]) == []  # 2 is planned, though not for all
    assert further(seeds=[7, 1]) == [("fm", 7), ("mose", 7)]
    assert further(seeds=[2], arms=["mose"]) == [("mose", 2)]


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

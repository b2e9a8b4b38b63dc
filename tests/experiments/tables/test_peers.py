"""The table of two sides, with targets on either side of their borders."""

from __future__ import annotations

from typing import Any

from experiments.tables import peers


def _side(auc: float, speed: float) -> dict[str, Any]:
    return {
        "auc": auc,
        "samples_per_second": speed,
        "cpu_seconds_per_1000_samples": 0.25,
        "peak_bytes": 3 * 2**29,
        "weights": 77,
        "versions": {"deepctr": "0.9.4", "tensorflow": "2.21.0", "tf-keras": "2.21.0"},
    }


def _file(model: str, ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    setup = {"samples": {"train": 900, "validation": 70}, "max_samples": 0, "threads": 2}
    return f"peers/{model}.json", {"model": model, "ours": ours, "theirs": theirs, **setup}


def test_targets_met_and_missed() -> None:
    files = [
        _file("din", _side(0.8570, 1490.0), _side(0.8599, 1000.0)),  # speed a little short
        _file("fm", _side(0.8560, 1010.0), _side(0.8591, 1000.0)),  # AUC a little short
    ]
    text = peers.lines(files)
    assert "tf-keras 2.21.0, 900 train and 70 validation samples, --threads=2." in text[1]
    sides = "0.25 | 0.25 | 1.50 | 1.50 | 77 | 77"
    assert text[-2:] == [
        f"| FM | 0.8560 | 0.8591 | -0.0031 | 1010 | 1000 | 1.01 | {sides} | missed | 1: met |",
        f"| DIN | 0.8570 | 0.8599 | -0.0029 | 1490 | 1000 | 1.49 | {sides} | met | 1.5: missed |",
    ]


def test_a_quick_try_is_called_one() -> None:
    file = _file("fm", _side(0.8, 1.0), _side(0.8, 1.0))
    file[1]["max_samples"] = 900
    assert "(at most 900 of a split)" in peers.lines([file])[1]

"""A trial from tables to its JSON, by the project's own commands, on a store of a few items."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.comparison import run_trials as module
from experiments.comparison.data import CORNER_STORE, DATA, TrialData
from experiments.comparison.detection import detection
from experiments.comparison.run_trials import Options, run_trials
from experiments.comparison.trial import Trial

FLAGS = (
    "items=80",
    "shops=6",
    "users=150",
    "days=8",
    "test_days=1",
    "recent_days=1",
    "sessions_a_day=60",
    "exposed=12",
)
SMALLER = (
    "--config.train.epochs=1",
    "--config.alignment.warmup_steps=2",
    "--config.alignment.warmup_batch_size=8",
    "--config.model.embedding_size=8",
)


def test_from_tables_to_a_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    monkeypatch.setitem(DATA, "tiny", TrialData("tiny", CORNER_STORE, tuple(f"--{flag}" for flag in FLAGS), shown=3))
    settings = ("--config=experiments/configs/comparison.py:corner_store/camenn", *SMALLER)
    trials = [Trial("dirty", "camenn@20", seed, "tiny", settings, test=True) for seed in (1, 2)]
    options = Options(output=str(tmp_path / "work"), results=str(tmp_path / "results"), seeds=(2,))
    run_trials(trials, options, detection)
    (path,) = (tmp_path / "results").rglob("*.json")
    run = json.loads(path.read_text())
    assert path.name == "camenn@20-2.json" and (run["seed"], run["model"], run["data"]) == (2, "camenn", "tiny")
    assert run["parameters"] > 1000 and run["samples_per_second"] > 0 and run["config"]["train"]["epochs"] == 1
    assert 0 < run["test"]["cvr"]["auc"] < 1 and run["test"]["alignment"]["all"]["ita"]["pairs"] > 0
    ranking = run["ranking"]["test"]
    assert ranking["shown"] == 3 and 0 < ranking["random"] < 1 and len(ranking["replicates"].split()) == 1000
    assert set(run["replicates"]) == {"validation", "test"} and "all" in run["replicates"]["test"]
    assert run["detection"]["all"]["items"] == 80
    (use,) = [json.loads(line) for line in (tmp_path / "results" / "test_uses.jsonl").read_text().splitlines()]
    assert (use["arm"], use["seed"], use["dataset"]) == ("camenn@20", 2, run["dataset"])

    monkeypatch.setattr(module, "step", lambda *_: pytest.fail("what is there must not be done again"))
    run_trials(trials, options, detection)

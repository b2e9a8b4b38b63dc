"""A trial from tables to its JSON, by the project's own commands, on a store of a few items."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from camenn_tf.errors import UserError
from experiments import reference_rows
from experiments.comparison import boosting
from experiments.comparison import run_trials as module
from experiments.comparison.data import CORNER_STORE, DATA, TrialData
from experiments.comparison.detection import detection
from experiments.comparison.gate_use import gate_use
from experiments.comparison.loaded_run import loaded_run
from experiments.comparison.run_trials import Options, run_trials
from experiments.comparison.test_uses import read_test_uses
from experiments.comparison.trial import RESULTS, Trial

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


SETTINGS = ("--config=experiments/configs/comparison.py:corner_store/camenn", *SMALLER)
TRIALS = [Trial("dirty", "camenn@20", seed, "tiny", SETTINGS, test=True) for seed in (1, 2)]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    root = tmp_path_factory.mktemp("trials")
    return Options(output=str(root / "work"), results=str(root / "results"), seeds=(2,))


@pytest.fixture(autouse=True)
def _tiny_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    monkeypatch.setitem(DATA, "tiny", TrialData("tiny", CORNER_STORE, tuple(f"--{flag}" for flag in FLAGS), shown=3))


def uses(options: Options) -> list[dict[str, Any]]:
    return read_test_uses(f"{options.results}/test_uses.jsonl")


def test_from_tables_to_a_result(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "commit", lambda: "before")
        run_trials(TRIALS, options, detection)
    (path,) = Path(options.results).rglob("*.json")
    run = json.loads(path.read_text())
    assert path.name == "camenn@20-2.json" and (run["seed"], run["model"], run["data"]) == (2, "camenn", "tiny")
    assert run["parameters"] > 1000 and run["samples_per_second"] > 0 and run["config"]["train"]["epochs"] == 1
    assert 0 < run["test"]["cvr"]["auc"] < 1 and run["test"]["alignment"]["all"]["ita"]["pairs"] > 0
    ranking = run["ranking"]["test"]
    assert ranking["shown"] == 3 and 0 < ranking["random"] < 1 and len(ranking["replicates"].split()) == 1000
    assert set(run["replicates"]) == {"validation", "test"} and "all" in run["replicates"]["test"]
    assert run["detection"]["all"]["items"] == 80
    (use,) = uses(options)
    assert (use["arm"], use["seed"], use["dataset"]) == ("camenn@20", 2, run["dataset"])

    with monkeypatch.context() as patch:
        patch.setattr(module, "step", lambda *_: pytest.fail("what is there must not be done again"))
        run_trials(TRIALS, options, detection)

    path.unlink()  # as after a kill between the scores and their JSON
    run_trials(TRIALS, options, detection)
    again = json.loads(path.read_text())
    assert again["test"] == run["test"] and again["training_seconds"] == run["training_seconds"]
    assert [entry.get("again") for entry in uses(options)] == [None, True]
    # Another commit is checked out by now, but the weights are those of before.
    assert {entry["commit"] for entry in (run, again, *uses(options))} == {"before"}


def test_a_run_keeps_the_commit_at_which_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def begun_at(commit: str) -> str:
        monkeypatch.setattr(module, "commit", lambda: commit)
        return module.begun_by(str(run))

    run = tmp_path / "din-1"
    assert begun_at("one") == "one"
    assert begun_at("two") == "two"  # killed before there was a run
    run.mkdir()
    (run / "config.json").write_text("{}")
    assert begun_at("three") == "two"
    shutil.rmtree(run)
    assert begun_at("four") == "four"  # removed, and trained anew
    run.mkdir()
    (run / "config.json").write_text("{}")
    (tmp_path / "din-1.commit").unlink()
    assert begun_at("five") == "five"  # of a time when nothing was noted


def test_gates_of_a_run_choose_k_experts(options: Options) -> None:
    run_trials(TRIALS, options, detection)  # done, unless this test runs alone
    run, pipeline = loaded_run(TRIALS[1].run(options.output))
    gates = gate_use(run, pipeline)["gates"]
    assert set(gates) == {"cvr", "ita", "tia"}
    for part in gates.values():
        assert sum(part["use"]) == pytest.approx(run.config.model.experts_per_task, abs=1e-3)
        assert sum(part["mean"]) == pytest.approx(1, abs=1e-3)


def test_boosting_gives_a_result_of_the_same_form(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boosting, "DATA_NAME", "tiny")
    # The data are shared, results are not: what other tests find there must not hang on which of them runs first.
    wanted = dataclasses.replace(options, results=str(tmp_path), seeds=(1,), arms=("boosting", "boosting_more"))
    boosting.run_boosting(wanted)
    paths = {arm: tmp_path / "final" / f"{arm}-1.json" for arm in boosting.KNOWN}
    runs = {arm: json.loads(path.read_text()) for arm, path in paths.items()}
    assert set(runs["boosting"]["replicates"]) == {"validation", "test"}
    assert set(runs["boosting_more"]["replicates"]) == {"test"}  # it has learnt from the validation days
    for arm, run in runs.items():
        assert (run["kind"], run["arm"], run["seed"]) == ("final", arm, 1)
        assert 0 < run["test"]["cvr"]["auc"] < 1 and run["ranking"]["test"]["shown"] == 3
    first = uses(wanted)
    assert [use["arm"] for use in first] == ["boosting", "boosting_more"]
    assert len({use["configuration"] for use in first}) == len({use["weights"] for use in first}) == 2
    with monkeypatch.context() as patch:
        patch.setattr(boosting, "_fitted", lambda *_: pytest.fail("what is there must not be fitted again"))
        boosting.run_boosting(wanted)

    paths["boosting"].unlink()  # as after a kill between the log and the result
    boosting.run_boosting(wanted)
    assert json.loads(paths["boosting"].read_text())["test"] == runs["boosting"]["test"]
    again = uses(wanted)[-1]
    assert again["again"] and {**again, "again": None} == {**first[0], "time": again["time"], "again": None}

    paths["boosting"].unlink()
    with monkeypatch.context() as patch:
        patch.setattr(reference_rows, "_ALWAYS", {**reference_rows._ALWAYS, "max_iter": 5})
        boosting.run_boosting(wanted)  # another configuration, which is scored for the first time
        assert "again" not in uses(wanted)[-1] and uses(wanted)[-1]["configuration"] != first[0]["configuration"]


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The scores that a made-up fit gives, which a test may change; no data are read."""
    scores = [0.25]

    def fitted(arm: str, seed: int, _: Options) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        settings = {"boosting": {"max_iter": 400}, "fitted_on": ["train"]}
        return {"arm": arm, "seed": seed, "dataset": "d", "commit": "c", "config": settings}, {"test": np.array(scores)}

    monkeypatch.setattr(boosting, "_fitted", fitted)
    return scores


def test_another_fit_of_the_same_boosting_is_refused(tmp_path: Path, fits: list[float]) -> None:
    options = Options(output=str(tmp_path), results=str(tmp_path), seeds=(1,), arms=("boosting",))
    boosting.run_boosting(options)
    (tmp_path / "final" / "boosting-1.json").unlink()
    fits[0] = 0.5
    with pytest.raises(UserError, match=r"boosting \(seed 1\) was scored .* a final configuration is scored once"):
        boosting.run_boosting(options)
    assert len(uses(options)) == 1
    fits[0] = 0.25
    boosting.run_boosting(options)
    assert [use.get("again") for use in uses(options)] == [None, True]


def test_what_the_log_has_of_boosting_without_scores_is_not_scored_again(tmp_path: Path, fits: list[float]) -> None:
    published = Path(RESULTS, "test_uses.jsonl").read_text(encoding="utf-8")
    (tmp_path / "test_uses.jsonl").write_text(published, encoding="utf-8")
    options = Options(output=str(tmp_path), results=str(tmp_path), seeds=(1, 6), arms=("boosting",))
    with pytest.raises(UserError, match=r"boosting \(seed 1\) was scored on the test split at 2026-"):
        boosting.run_boosting(options)
    boosting.run_boosting(dataclasses.replace(options, seeds=(6,)))  # which no line has
    assert len(uses(options)) == len(published.splitlines()) + 1

"""What is planned: settings that exist, a place for every result, one look at the test split."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from camenn_tf.config import default_config, override
from camenn_tf.errors import UserError
from camenn_tf.models import MODELS
from experiments import ablations, dirty_curves, search, table3_ab
from experiments.comparison.arms import BASELINES, CONTENT, FRAMES
from experiments.comparison.data import DATA, DIRTY_RATES, store_name
from experiments.comparison.detection import judged
from experiments.comparison.final_runs import final_trials
from experiments.comparison.same_settings import flat, settings_of
from experiments.comparison.test_uses import log_test_use, read_test_uses
from experiments.configs import comparison, complete_journey
from experiments.tables.search import judged_score
from experiments.write_results import read_results

TRIALS = [
    *final_trials(*BASELINES, *CONTENT, *FRAMES, "camenn", "fashionbert"),
    *search.trials(),
    *ablations.trials(),
    *dirty_curves.trials(),
    *table3_ab.trials(),
]


def test_every_trial_has_a_place_of_its_own_and_data() -> None:
    assert len({trial.result() for trial in TRIALS}) == len(TRIALS)
    assert {trial.data for trial in TRIALS} <= set(DATA)


@pytest.mark.parametrize("settings", sorted({trial.settings for trial in TRIALS}), ids=lambda s: " ".join(s)[38:])
def test_settings_exist(settings: tuple[str, ...]) -> None:
    first, *changes = settings
    name = first.removeprefix("--config=experiments/configs/comparison.py:")
    config = comparison.get_config(name)
    assert config.model.name == name.rpartition("/")[2] and config.model.name in MODELS
    for change in changes:
        key = change.removeprefix("--config.").partition("=")[0]
        *sections, last = key.split(".")
        part = config
        for section in sections:
            part = part[section]
        assert last in part, change
    override(default_config(), config.to_dict())  # no unknown key


def test_encoders_of_a_run_are_those_of_its_features() -> None:
    for trial in TRIALS:
        if encoders := trial.source.encoders:
            wanted = dict(flat({"encode": complete_journey.get_config(encoders).encode.to_dict()}))
            assert {key: value for key, value in settings_of(trial).items() if key in wanted} == wanted


def test_every_model_is_searched_as_often() -> None:
    assert {len(points) for points in search.SPACES.values()} == {6}
    assert set(search.SPACES) == set(comparison.SETTINGS) == set(MODELS)


def test_another_model_is_refused() -> None:
    with pytest.raises(UserError, match="'dim' behind the colon"):
        comparison.get_config("dim")


def test_dirty_stores_are_as_dirty_as_they_say() -> None:
    for rate in DIRTY_RATES:
        flags = dict(flag.removeprefix("--").split("=") for flag in DATA[store_name(rate)].builder_flags)
        vague, wrong, shelf, blurred, picture = (
            float(flags[name])
            for name in ("vague_title", "wrong_title", "wrong_category", "blurred_picture", "wrong_picture")
        )
        clean = (1 - vague - wrong) * (1 - shelf) * (1 - blurred - picture)
        assert 1 - clean == pytest.approx(rate, abs=1e-3)


def test_a_second_look_at_the_test_split_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "uses.jsonl")
    entry = {"study": "final", "arm": "din", "seed": 1, "dataset": "d", "configuration": "c", "commit": "x"}
    log_test_use(entry, path)
    log_test_use({**entry, "seed": 2}, path)
    for again in ({}, {"weights": "w"}, {"dataset": "the same in another directory"}):
        with pytest.raises(UserError, match=r"din \(seed 1\) was scored on the test split at 20"):
            log_test_use({**entry, **again}, path)
    assert [use["seed"] for use in read_test_uses(path)] == [1, 2]
    assert json.loads(Path(path).read_text().splitlines()[0])["time"].endswith("+00:00")


def test_the_same_weights_may_be_scored_again(tmp_path: Path) -> None:
    path = str(tmp_path / "uses.jsonl")
    entry = {"study": "final", "arm": "din", "seed": 1, "dataset": "d", "configuration": "c", "commit": "x"}
    log_test_use({**entry, "weights": "w"}, path)
    log_test_use({**entry, "weights": "w"}, path)  # killed before its result was written
    assert [use.get("again") for use in read_test_uses(path)] == [None, True]
    with pytest.raises(UserError, match="scored once"):
        log_test_use({**entry, "weights": "other"}, path)


def test_a_line_that_is_cut_is_named(tmp_path: Path) -> None:
    path = tmp_path / "uses.jsonl"
    path.write_text('{"arm": "din"}\n{"arm":')
    with pytest.raises(UserError, match=r"uses\.jsonl, line 2: no JSON"):
        read_test_uses(str(path))


def test_settings_are_the_best_of_the_search() -> None:
    runs = {run["arm"]: run for _, run in read_results()["search"]}
    complete = {model: points for model, points in search.SPACES.items() if f"{model}-{len(points)}" in runs}
    assert len(complete) > 10
    for model, points in complete.items():
        scores = [judged_score(runs[f"{model}-{number}"]) for number in range(1, len(points) + 1)]
        config = comparison.get_config(model)
        for key, value in points[int(np.argmax(scores))].items():
            section, name = key.split(".")
            assert config[section][name] == value, model


def test_detection_by_hand() -> None:
    found = judged(np.array([True, True, False, False]), np.array([0.1, 0.6, 0.4, 0.9]))
    assert (found["spoilt"], found["flagged"]) == (2, 2)
    assert (found["precision"], found["recall"], found["precision_at_count"]) == (0.5, 0.5, 0.5)
    assert found["auc"] == 0.75  # of four pairs one stands the wrong way

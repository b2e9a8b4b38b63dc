"""Settings of results, then and now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from camenn_tf.config import default_config
from experiments import ablations, dirty_curves, search, table3_ab
from experiments.comparison.arms import BASELINES, CONTENT, FRAMES
from experiments.comparison.final_runs import final_trials
from experiments.comparison.run_trials import Options, run_trials
from experiments.comparison.same_settings import differing, fingerprint, settings_of
from experiments.comparison.test_uses import read_test_uses
from experiments.comparison.trial import Trial
from experiments.write_results import RESULTS

FLAGS = ("--config=experiments/configs/comparison.py:camenn", "--config.model.slot_embedding=False", "--config.seed=3")
CAMENN = Trial("ablations", "no_slots", 1, "small", FLAGS)


def test_flags_are_resolved_with_their_types() -> None:
    settings = settings_of(CAMENN)
    assert (settings["model.slot_embedding"], settings["seed"], settings["model.name"]) == (False, 3, "camenn")


def test_only_what_the_model_reads_makes_a_difference() -> None:
    stored = {"seed": 1, "model": {"name": "camenn", "field_size": 8}, "alignment": {"warmup_steps": 5, "gone": 1}}
    wanted = {"seed": 2, "model.name": "camenn", "model.field_size": 16, "alignment.warmup_steps": 6, "new": 1}
    assert differing(stored, wanted) == {"model.field_size": (8, 16), "alignment.warmup_steps": (5, 6)}
    stored["model"] = {"name": "din", "field_size": 8}
    assert differing(stored, {**wanted, "model.name": "din"}) == {}


def test_a_fingerprint_is_of_what_the_model_reads_and_no_default_says() -> None:
    def config(name: str, **changes: object) -> dict[str, Any]:
        found = default_config()
        found.update_from_flattened_dict({"model.name": name, "model.embedding_size": 8, **changes})
        return found.to_dict()

    camenn = fingerprint(config("camenn"))
    assert fingerprint(config("camenn", **{"seed": 9, "encode.text.path": "/elsewhere"})) == camenn
    later = config("camenn")
    del later["model"]["field_logit_content"]  # of a time when this setting did not exist
    assert fingerprint({**later, "gone": 1}) == camenn
    assert fingerprint(config("camenn", **{"model.field_logit": 64})) != camenn
    assert fingerprint(config("din", **{"model.field_logit": 64})) == fingerprint(config("din")) != camenn


def test_logged_uses_of_published_results_have_their_fingerprint() -> None:
    uses = {(use["study"], use["arm"], use["seed"]): use for use in read_test_uses(f"{RESULTS}/test_uses.jsonl")}
    found = 0
    for (study, arm, seed), use in uses.items():
        path = Path(RESULTS) / study / f"{arm}-{seed}.json"
        if path.exists() and not arm.startswith("boosting"):
            assert use["configuration"] == fingerprint(json.loads(path.read_text(encoding="utf-8"))["config"]), path
            found += 1
    assert found > 80


def test_a_result_of_other_settings_is_named_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ablations" / "no_slots-1.json"
    path.parent.mkdir()
    content = json.dumps({"config": {"model": {"name": "camenn", "slot_embedding": True}}})
    path.write_text(content)
    run_trials([CAMENN], Options(output=str(tmp_path), results=str(tmp_path)))
    assert (
        "no_slots-1.json was made with other settings (model.slot_embedding True, now False): to run it again, "
        f"remove it and {tmp_path}/runs/ablations/no_slots-1\n" in capsys.readouterr().out
    )
    assert path.read_text() == content


def test_published_runs_have_the_settings_of_today() -> None:
    studies = [*search.trials(), *ablations.trials(), *dirty_curves.trials(), *table3_ab.trials()]
    found = 0
    for trial in [*final_trials(*BASELINES, *CONTENT, *FRAMES, "camenn", "fashionbert"), *studies]:
        path = Path(trial.result(RESULTS))
        if path.exists():
            run = json.loads(path.read_text(encoding="utf-8"))
            assert (run["data"], run["seed"]) == (trial.data, trial.seed)
            assert differing(run["config"], settings_of(trial)) == {}, path.name
            found += 1
    assert found > 100

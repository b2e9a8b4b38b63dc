"""BUDGET.md: measured speed of every model, times the planned runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments import ablations, dirty_curves, search, table3_ab
from experiments.comparison.arms import BASELINES, CONTENT, FRAMES, TITLES
from experiments.comparison.data import CORNER_STORE
from experiments.comparison.final_runs import final_trials
from experiments.comparison.trial import Trial
from experiments.configs.comparison import get_config
from experiments.tables.cells import Files, table

STUDIES = {  # by kind of result
    "final": ("Tables 1, 2, 4", final_trials(*BASELINES, *CONTENT, *FRAMES, "camenn", "fashionbert")),
    "search": ("search", search.trials()),
    "ablations": ("ablations, Figures 4 and 5", ablations.trials()),
    "ab": ("Table 3", table3_ab.trials()),
    "dirty": ("dirty curves", dirty_curves.trials()),
}
OVERHEAD = 75.0  # seconds a run beside its samples: two starts of TensorFlow, tracing, scoring, resampling
CORES = 2
MOST_HOURS = 24.0


def text(files: Files, results: Mapping[str, Files] | None = None) -> str:
    """The whole file.

    Args:
      files: the measured speeds.
      results: by kind the runs that are there, for what has been spent.
    """
    budget = files[0][1]
    planned = {kind: _hours(trials, budget) for kind, (_, trials) in STUDIES.items()}
    spent = {kind: [run["wall_seconds"] for _, run in (results or {}).get(kind, ())] for kind in STUDIES}
    rows = [
        [title, str(len(trials)), f"{planned[kind]:.1f}", str(len(spent[kind])), f"{sum(spent[kind]) / 3600:.1f}"]
        for kind, (title, trials) in STUDIES.items()
    ]
    hours = sum(planned.values())
    speeds = [
        [TITLES[model], *(f"{budget['speeds'][name][model]['samples_per_second']:.0f}" for name in budget["speeds"])]
        for model in budget["speeds"]["small"]
    ]
    lines = [
        "# Budget",
        "",
        "Written by `make results` from `experiments/results/budget.json` (`taskset -c 0 python -m experiments.budget "
        "--images=GroceryStoreDataset`) and from the runs that the commands plan. `bench` is all households (Tables "
        "1, 2 and 4; CameNN with E=64, N=5, 3x3 patches), `small` 30% of them by a hash of their ids, with the same "
        "weeks (search, ablations, figures), `ab` the embedded store of Table 3. Runs of the paper's sizes are "
        "configurations (`experiments/configs/paper.py`), not results. Each run takes one core, so two go at a time: "
        "start a command twice, with `taskset -c 0` and `taskset -c 1`.",
        "",
        f"**{hours / CORES:.1f} hours on {CORES} cores in all, with a bound of {MOST_HOURS:.0f}.** Passes are "
        "counted as if early stopping never ended one; warm-up and validation come on top, and so do waits for a busy "
        "machine. The last two columns say what the runs in experiments/results took, boosting among them.",
        "",
        *table(["study", "runs", "core-hours", "runs so far", "core-hours so far"], rows),
        "",
        "Samples/s of joint training on one core, with data from disk:",
        "",
        *table(["model", *(f"`{name}`" for name in budget["speeds"])], speeds),
        "",
        "Train samples a pass: " + ", ".join(f"`{name}` {n}" for name, n in budget["train_samples"].items()) + ".",
    ]
    return "\n".join(lines) + "\n"


def _hours(trials: list[Trial], budget: dict[str, Any]) -> float:
    return sum(_seconds(trial, budget) for trial in trials) / 3600


def _seconds(trial: Trial, budget: dict[str, Any]) -> float:
    name = trial.settings[0].rpartition(":")[2]
    config = get_config(name)
    measured = "ab" if trial.source.world == CORNER_STORE else "small"
    speed = budget["speeds"][measured][config.model.name]["samples_per_second"]
    samples = budget["train_samples"].get(trial.data, budget["train_samples"][measured])
    return OVERHEAD + config.train.epochs * samples / speed

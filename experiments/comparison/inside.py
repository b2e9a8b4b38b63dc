"""What the final runs' JSON tells of a model besides its scores."""

from __future__ import annotations

from typing import Any

from experiments.comparison.alignment_errors import alignment_errors
from experiments.comparison.arms import BASELINES, CONTENT
from experiments.comparison.gate_use import gate_use
from experiments.comparison.loaded_run import loaded_run
from experiments.comparison.trial import Trial


def inside(trial: Trial, run_dir: str, output: str) -> dict[str, Any]:
    """`alignment_errors` of models that learn to align, `gates` of CameNN; {} for others, which are not loaded."""
    if trial.arm in (*BASELINES, *CONTENT):
        return {}
    run, pipeline = loaded_run(run_dir)
    gates = gate_use(run, pipeline) if trial.arm == "camenn" else {}
    return {**gates, **alignment_errors(run, pipeline)}

"""What the final runs' JSON tells of a model besides its scores."""

from __future__ import annotations

from typing import Any

from experiments.comparison.alignment_errors import alignment_errors
from experiments.comparison.gate_use import gate_use
from experiments.comparison.trial import Trial


def inside(trial: Trial, run_dir: str, output: str) -> dict[str, Any]:
    """`gates` and `alignment_errors`, of models that have them."""
    return {**gate_use(trial, run_dir, output), **alignment_errors(trial, run_dir, output)}

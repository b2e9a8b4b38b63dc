"""`steps.jsonl`: one line a step with its losses, in order, without gaps or repeats however often a run was stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable

FILE_NAME = "steps.jsonl"


class StepLog:
    """Appends lines `{"total": n, "stage": ..., "epoch": ..., "step": ..., "loss": ..., <task>: ...}`.

    Args:
      run_dir: the run.
      chief: whether this process writes; the others keep silent.
    """

    def __init__(self, run_dir: str, chief: bool) -> None:
        self._path = os.path.join(run_dir, FILE_NAME)
        self._chief = chief

    def rewind(self, total: int) -> None:
        """Drops the lines of steps from number `total` on: a resumed run writes them again."""
        if not self._chief or not os.path.exists(self._path):
            return
        with open(self._path, encoding="utf-8") as file:
            kept = []
            for line in file:
                # A killed run may have left half a line.
                if not line.endswith("\n") or json.loads(line)["total"] >= total:
                    break
                kept.append(line)
        with open(f"{self._path}.writing", "w", encoding="utf-8") as file:
            file.writelines(kept)
        os.replace(f"{self._path}.writing", self._path)

    def append(self, entries: Iterable[dict[str, object]]) -> None:
        """Adds lines."""
        if self._chief:
            with open(self._path, "a", encoding="utf-8") as file:
                file.writelines(json.dumps(entry) + "\n" for entry in entries)

"""The log of every look at the test split: one line of JSON a use, never taken back."""

from __future__ import annotations

import datetime
import json
import os
from typing import Any

PATH = "experiments/results/test_uses.jsonl"


def log_test_use(entry: dict[str, Any], path: str = PATH) -> None:
    """Adds a line with the time.

    Args:
      entry: `study`, `arm`, `seed`, `dataset`, `configuration` (a hash), `commit`.
      path: the log.

    Raises:
      RuntimeError: this configuration was scored before with this seed on this dataset.
    """
    key = ("arm", "seed", "dataset", "configuration")
    for line in read_test_uses(path):
        if all(line[name] == entry[name] for name in key):
            raise RuntimeError(
                f"{path}: {entry['arm']} (seed {entry['seed']}) was scored on the test split at {line['time']} by "
                f"{line['study']}; a final configuration is scored once. If its result was lost, run it again and say "
                "so in the log by hand"
            )
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps({"time": now, **entry}, sort_keys=True) + "\n")


def read_test_uses(path: str = PATH) -> list[dict[str, Any]]:
    """All lines; none without a log."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]

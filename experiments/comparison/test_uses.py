"""The log of every look of the comparison's studies at the test split: one line of JSON a use, never taken back."""

from __future__ import annotations

import datetime
import json
import os
from typing import Any

from camenn_tf.errors import UserError

_RUN = ("study", "arm", "seed")


def log_test_use(entry: dict[str, Any], path: str, formerly: str | None = None) -> None:
    """Adds a line with the time.

    The same weights may be scored again, as after a kill before their result was written: nothing new is learnt by it.
    Such a line has `again`.

    Args:
      entry: `study`, `arm`, `seed`, `dataset`, `configuration` (a hash, as `same_settings.fingerprint`), `commit`, and
        `weights` (a hash) of a run.
      path: the log.
      formerly: what earlier lines may call this configuration.

    Raises:
      UserError: this configuration was scored before with this seed, with other weights.
    """
    names = (entry["configuration"], formerly)
    lines = [line for line in read_test_uses(path) if line["configuration"] in names]
    earlier = [line for line in lines if all(line[name] == entry[name] for name in _RUN)]
    for line in earlier:
        if not entry.get("weights") or line.get("weights") != entry["weights"]:
            raise UserError(
                f"{path}: {entry['arm']} (seed {entry['seed']}) was scored on the test split at {line['time']} by "
                f"{line['study']}; a final configuration is scored once. To train it again for a result that was lost, "
                'add a note to that line, "configuration": "<the hash> (lost)"'
            )
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    again = {"again": True} if earlier else {}
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps({"time": now, **entry, **again}, sort_keys=True) + "\n")


def read_test_uses(path: str) -> list[dict[str, Any]]:
    """All lines; none without a log. Raises UserError for a line that is no JSON."""
    if not os.path.exists(path):
        return []
    lines = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise UserError(f"{path}, line {number}: no JSON ({error}); repair or remove it") from error
    return lines

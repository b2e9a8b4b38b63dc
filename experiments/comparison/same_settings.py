"""Whether a result was made with the settings that its run has today."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from camenn_tf.config import default_config
from experiments.comparison.arms import BASELINES
from experiments.comparison.trial import Trial
from experiments.configs import comparison

# What a baseline has in its configuration and does not read.
_UNREAD = (
    "alignment.",
    "fashionbert.",
    "model.content_dropout",
    "model.field_logit",
    "model.field_size",
    "model.group_hidden",
    "model.image_dropout",
)


def settings_of(trial: Trial) -> dict[str, Any]:
    """The configuration that a trial's flags give today, flat."""
    first, *changes = trial.settings
    config = comparison.get_config(first.rpartition(":")[2])
    for change in changes:
        key, _, value = change.removeprefix("--config.").partition("=")
        *sections, name = key.split(".")
        part = config
        for section in sections:
            part = part[section]
        kind = type(part[name])
        part[name] = value == "True" if kind is bool else kind(value)
    return dict(flat(config.to_dict()))


def differing(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Keys that both have with other values; the seed, the encoders and what the model does not read aside.

    Args:
      stored: `config` of a result.
      wanted: flat, or another result's `config`.
    """
    ours, theirs = dict(flat(stored)), dict(flat(wanted))
    unread = _unread(ours)
    shared = sorted(ours.keys() & theirs.keys())
    return {key: (ours[key], theirs[key]) for key in shared if ours[key] != theirs[key] and _counts(key, unread)}


def fingerprint(config: Mapping[str, Any]) -> str:
    """A hash of what a run's configuration has unlike the defaults; the seed, encoders and what is not read aside.

    So a setting that came later, with a default that changes nothing, or one that is gone does not make it another.
    """
    ours, defaults = dict(flat(config)), dict(flat(default_config().to_dict()))
    unread = _unread(ours)
    said = {
        key: value for key, value in ours.items() if _counts(key, unread) and key in defaults and defaults[key] != value
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def _counts(key: str, unread: tuple[str, ...]) -> bool:
    """Encoders belong to the data, and their paths to a machine."""
    return key != "seed" and not key.startswith((*unread, "encode."))


def _unread(settings: Mapping[str, Any]) -> tuple[str, ...]:
    return _UNREAD if settings["model.name"] in BASELINES else ()


def flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Keys with dots and values of a configuration, as flags write them."""
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", list(value) if isinstance(value, tuple) else value

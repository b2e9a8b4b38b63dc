"""Bounds of settings, checked and told in the same words for every section of the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from camenn_tf.errors import UserError


def check_at_least(section: str, settings: Any, bounds: Mapping[str, float]) -> None:
    """Raises UserError that names key and value where one is below its bound, or NaN.

    Args:
      section: its name, dots between sections.
      settings: the section.
      bounds: the least value by key.
    """
    for key, least in bounds.items():
        if not settings[key] >= least:  # NaN, too
            raise UserError(f"{section}.{key} is {settings[key]}, expected at least {least}")


def check_shares(section: str, settings: Any, keys: Iterable[str]) -> None:
    """Raises UserError that names key and value where one is not at least 0 and below 1."""
    for key in keys:
        if not 0 <= settings[key] < 1:
            raise UserError(f"{section}.{key} is {settings[key]}, expected at least 0 and below 1")

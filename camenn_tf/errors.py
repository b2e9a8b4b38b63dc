"""Errors that tell a person what to change; the mains print them without a traceback."""

from __future__ import annotations


class UserError(ValueError):
    """Wrong input or setting; the message names the flag, file or row and says what to do."""

"""The error that a user of `data.complete_journey` can mend."""

from __future__ import annotations

from camenn_tf.errors import UserError


class SourceError(UserError):
    """A source that is not there or not what it should be; the message names it and what to do."""

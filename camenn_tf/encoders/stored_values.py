"""Numbers in the type that features are stored in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from camenn_tf.errors import UserError


def as_stored(values: np.ndarray, dtype: npt.DTypeLike, what: str) -> np.ndarray:
    """Values [...] in this type.

    Args:
      values: what an encoder made.
      dtype: of the features.
      what: "texts" or "images", for the message.

    Raises:
      UserError: some are not finite, or not in this type.
    """
    with np.errstate(over="ignore"):  # told below
        stored = values.astype(dtype, copy=False)
    check_finite(stored, what)
    return stored


def check_finite(stored: np.ndarray, what: str) -> None:
    """Raises UserError if features are infinite or NaN: readers of float16 take these for large numbers."""
    if not np.issubdtype(stored.dtype, np.floating) or np.isfinite(stored).all():
        return
    if stored.dtype == np.float16:
        raise UserError(
            f"encode.dtype=float16: the encoder of {what} makes numbers beyond {np.finfo(np.float16).max:.0f}, the "
            "largest of float16, or none at all; set --config.encode.dtype=float32 and encode again"
        )
    raise UserError(
        f"encode.dtype={stored.dtype}: the encoder of {what} makes numbers that are infinite or NaN; check its weights "
        "or choose another encoder"
    )

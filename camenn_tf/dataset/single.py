"""Numbers as serving gets them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SMALLEST = np.finfo(np.float32).smallest_normal


def single(numbers: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Rounded to float32: infinity where it is too large, 0 where it is below the least normal number.

    TensorFlow takes such small numbers for 0 on some devices and not on others; so none does.
    """
    with np.errstate(over="ignore", under="ignore"):
        rounded = np.asarray(numbers, np.float64).astype(np.float32)
    return np.where(np.abs(rounded) < SMALLEST, np.float32(0), rounded)

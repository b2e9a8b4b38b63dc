"""Every finite float16 value is widened exactly."""

from __future__ import annotations

import numpy as np

from camenn_tf.inputs.half_floats import widen


def test_every_finite_value_is_exact() -> None:
    values = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = values[np.isfinite(values)].reshape(2, -1)
    wide = widen(finite)
    assert wide.dtype == np.float32 and wide.shape == finite.shape
    assert wide.tobytes() == finite.astype(np.float32).tobytes()


def test_other_types_stay() -> None:
    for values in (np.arange(3, dtype=np.int32), np.arange(3, dtype=np.float32)):
        assert widen(values) is values

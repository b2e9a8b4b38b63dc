"""Aligned arrays: zeros of the asked shape and type, at an address that needs no copy."""

from __future__ import annotations

import numpy as np
import pytest

from camenn_tf.inputs.aligned_zeros import aligned_zeros


@pytest.mark.parametrize("shape", [(3, 5, 7), (1,), (2000, 100)])
@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int32])
def test_shape_type_address_and_values(shape: tuple[int, ...], dtype: type) -> None:
    made = [aligned_zeros(shape, dtype) for _ in range(5)]
    for one in made:
        assert one.shape == shape and one.dtype == dtype and not one.any()
        assert one.ctypes.data % 64 == 0 and one.flags.c_contiguous and one.flags.writeable
    made[0][...] = 1
    assert not made[1].any()


def test_nothing_has_its_shape_too() -> None:
    assert aligned_zeros((0, 4), np.float32).shape == (0, 4)

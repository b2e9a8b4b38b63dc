"""How fast this machine multiplies matrices, for comparison with what training makes of it."""

from __future__ import annotations

import time

import numpy as np
import tensorflow as tf

_SIZE = 1024
_REPEATS = 7


def matmul_rate(dtype: str = "float32") -> float:
    """Floating-point operations a second of square matmuls, median of several, on all GPUs or else the CPU.

    Args:
      dtype: `float32` or `bfloat16`.
    """
    gpus = tf.config.list_logical_devices("GPU")
    with tf.device(gpus[0].name if gpus else "/cpu:0"):
        left = tf.random.stateless_uniform([_SIZE, _SIZE], [1, 2])
        left = tf.cast(left, dtype)

        @tf.function
        def product(x: tf.Tensor) -> tf.Tensor:
            return tf.reduce_sum(tf.cast(tf.matmul(x, left), tf.float32))

        product(left).numpy()
        seconds = []
        for _ in range(_REPEATS):
            start = time.perf_counter()
            product(left).numpy()
            seconds.append(time.perf_counter() - start)
    return max(1, len(gpus)) * 2.0 * _SIZE**3 / float(np.median(seconds))

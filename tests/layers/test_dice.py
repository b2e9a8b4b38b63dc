"""Dice over replicas."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from camenn_tf.layers.dice import Dice

ROWS = np.random.default_rng(3).normal([1, -2], [1, 3], [7, 2]).astype(np.float32)
REAL = np.array([True, True, False, True, True, False, True])
UPSTREAM = np.random.default_rng(4).normal(size=(7, 2)).astype(np.float32)


def step(shares: Sequence[slice]) -> list[np.ndarray]:
    """Outputs, gradients of the rows, and every replica's moving averages, of a training call on shares of the rows."""
    devices = [f"/cpu:{number}" for number in range(len(shares))]
    strategy = tf.distribute.MirroredStrategy(devices) if len(shares) > 1 else tf.distribute.OneDeviceStrategy("/cpu:0")
    with strategy.scope():
        layer = Dice(momentum=0.5)
        layer.build((None, 2))
        layer.slope_bias.assign([0.25, -0.5])

    def one(rows: tf.Tensor, real: tf.Tensor, upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            tape.watch(rows)
            outputs = layer(rows, real=real, training=True)
        gradient = tape.gradient(outputs, rows, upstream)
        return outputs, gradient, tf.stack([layer.moving_mean.value, layer.moving_variance.value])

    def of_replica(values: np.ndarray) -> tf.distribute.DistributedValues:
        return strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(values[shares[context.replica_id_in_sync_group]])
        )

    parts = tuple(map(of_replica, (ROWS, REAL, UPSTREAM)))
    made = tf.function(lambda *own: strategy.run(one, args=own), autograph=False)(*parts)
    outputs, gradients, averages = (strategy.experimental_local_results(part) for part in made)
    return [np.concatenate(outputs), np.concatenate(gradients), *(part.numpy() for part in averages)]


def main() -> None:
    """Three replicas, one of them without a real row, give what one gives, and keep the same averages."""
    cpus = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpus[0], [tf.config.LogicalDeviceConfiguration()] * 3)
    outputs, gradients, average = step([slice(0, 7)])
    others = step([slice(0, 2), slice(2, 3), slice(3, 7)])
    np.testing.assert_allclose(others[0], outputs, rtol=1e-5)
    np.testing.assert_allclose(others[1], gradients, rtol=1e-4, atol=1e-6)
    for other in others[2:]:
        np.testing.assert_allclose(other, average, rtol=1e-5)
    rows = ROWS[REAL]
    np.testing.assert_allclose(average, [0.5 * rows.mean(0), 0.5 + 0.5 * rows.var(0)], rtol=1e-5)


def test_replicas_take_their_moments_together() -> None:
    result = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]


if __name__ == "__main__":
    main()

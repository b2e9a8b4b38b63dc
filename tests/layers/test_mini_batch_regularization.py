"""The mini-batch aware regularisation, with numbers worked out by hand, and over several replicas."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.field_tokens import FieldTokens
from camenn_tf.layers.mini_batch_regularization import MiniBatchRegularization
from tests.layers.layer_cases import floats, ints

SIZES = [3, 2]
COUNTS = np.array([5, 2, 0, 4, 10])  # rows 0, 1, 2 of the first field, 0, 1 of the second
TABLE = np.array([[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]], np.float32)


def table_gradient(ids: np.ndarray, held: np.ndarray | None = None, training: bool = True) -> np.ndarray:
    """Of the sum of all vectors: how often a row is read, and what the regularisation of strength .5 adds."""
    tokens = FieldTokens(SIZES, ["a", "a"], 2)
    tokens(ids)
    tokens.embeddings.assign(TABLE)
    layer = MiniBatchRegularization(0.5, SIZES, COUNTS)
    with tf.GradientTape() as tape:
        vectors = tokens(ids)
        passed = layer(vectors, ids, *([] if held is None else [held]), training=training)
        loss = tf.reduce_sum(passed)
    np.testing.assert_array_equal(passed, vectors)
    return tf.convert_to_tensor(tape.gradient(loss, tokens.embeddings.value)).numpy()


def test_gradient_by_hand() -> None:
    ids = ints([1, 0], [1, 1], [2, 1])
    # row 1 is read twice, row 2 once; of the second field row 0 once, row 1 twice; row 0 not at all
    read = np.array([[0], [2], [1], [1], [2]])
    # 1/2 w_j / n_j whatever the number of reads; a count of 0 is taken as 1
    added = np.array([[0, 0], [0.75, 1], [2.5, 3], [0.875, 1], [0.45, 0.5]])
    np.testing.assert_allclose(table_gradient(ids), read + added, rtol=1e-6)
    np.testing.assert_allclose(table_gradient(ids, training=False), read + np.zeros((5, 2)))


def test_items_that_no_sample_holds_do_not_count() -> None:
    items = ints([0, 0], [1, 0], [2, 1], [0, 1])  # number 0 is the padding item, number 3 of an alignment row
    held = ints([1, 0, 0], [2, 1, 1])
    read = np.array([[2], [1], [1], [2], [2]])
    added = np.array([[0, 0], [0.75, 1], [2.5, 3], [0.875, 1], [0.45, 0.5]])
    np.testing.assert_allclose(table_gradient(items, held), read + added, rtol=1e-6)


@pytest.mark.parametrize("held", [None, ints([0, 0])])
def test_a_batch_without_samples_adds_nothing(held: np.ndarray | None) -> None:
    ids = np.zeros((0, 2), np.int32) if held is None else ints([0, 0])
    read = np.zeros((5, 2)) if held is None else np.array([[1], [0], [0], [1], [0]]) * np.ones((5, 2))
    np.testing.assert_array_equal(table_gradient(ids, held), read)


def replicas_gradient(shares: Sequence[np.ndarray]) -> np.ndarray:
    """The sum of the replicas' gradients, each with its share of the ids."""
    strategy = tf.distribute.MirroredStrategy([f"/cpu:{number}" for number in range(len(shares))])
    with strategy.scope():
        tokens = FieldTokens(SIZES, ["a", "a"], 2)
        tokens.build((None, 2))
        layer = MiniBatchRegularization(0.5, SIZES, COUNTS)
        layer.build((None, 2, 2), (None, 2))
        tokens.embeddings.assign(TABLE)

    def gradient(ids: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(tokens(ids), ids, training=True))
        own = tf.convert_to_tensor(tape.gradient(loss, tokens.embeddings.value))
        return tf.distribute.get_replica_context().all_reduce("sum", own)

    def value(context: tf.distribute.ValueContext) -> tf.Tensor:
        return tf.constant(shares[context.replica_id_in_sync_group])

    ids = strategy.experimental_distribute_values_from_function(value)
    total = tf.function(lambda part: strategy.run(gradient, args=(part,)), autograph=False)(ids)
    result: np.ndarray = strategy.experimental_local_results(total)[0].numpy()
    return result


def main() -> None:
    """Two replicas give what one gives, though rows stand in the shares of both."""
    cpus = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpus[0], [tf.config.LogicalDeviceConfiguration()] * 2)
    ids = ints([1, 0], [1, 1], [2, 1])
    np.testing.assert_allclose(replicas_gradient([ids[:2], ids[2:]]), table_gradient(ids), rtol=1e-6)


def test_replicas_together_add_what_one_adds() -> None:
    result = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]


def test_counts_are_saved_as_a_weight() -> None:
    layer = MiniBatchRegularization(0.5, SIZES, COUNTS)
    layer(floats(1, 2, 2), ints([0, 0]))
    copy = MiniBatchRegularization.from_config(layer.get_config())
    copy(floats(1, 2, 2), ints([0, 0]))
    copy.set_weights(layer.get_weights())
    np.testing.assert_array_equal(copy.counts.numpy(), COUNTS)
    assert not copy.trainable_weights


if __name__ == "__main__":
    main()

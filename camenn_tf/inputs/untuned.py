"""tf.data without its autotuning."""

from __future__ import annotations

import tensorflow as tf


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset, whose parallel calls and buffers are all given, without the thread that would tune them.

    That thread sleeps longer and longer, up to a minute, and now and then sleeps on when its iterator is released; the
    release waits for it (docs/decisions.md).
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)

"""A small image feature vector in TF-Hub's TF2 format."""

from __future__ import annotations

import numpy as np
import tensorflow as tf


class SmallModule(tf.train.Checkpoint):
    """A convolution, a norm with stored statistics, and the mean over places: [n, h, w, 3] -> [n, 5]."""

    def __init__(self, side: int | None, seed: int = 0, with_training: bool = True) -> None:
        super().__init__()
        draw = np.random.default_rng(seed)
        self.kernel = tf.Variable(draw.normal(0, 0.3, (3, 3, 3, 5)), dtype=tf.float32, name="kernel")
        self.mean = tf.Variable(draw.normal(0, 0.1, 5), dtype=tf.float32, name="mean", trainable=False)
        self.variables = [self.kernel, self.mean]
        self.trainable_variables = [self.kernel]
        self.regularization_losses: list[tf.Tensor] = []
        images = tf.TensorSpec([None, side, side, 3], tf.float32, name="images")
        if with_training:
            self.__call__ = tf.function(self._with_training, autograph=False)
            for training in (True, False):
                self.__call__.get_concrete_function(images, training=training)
            self.__call__.get_concrete_function(images)
        else:
            self.__call__ = tf.function(self._features, input_signature=[images], autograph=False)

    def _features(self, images: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(images, self.kernel, 1, "SAME") - self.mean), [1, 2])

    def _with_training(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        if training:  # as a batch norm does
            self.mean.assign_add(tf.ones([5]))
        return self._features(images)


def save_module(directory: str, side: int | None, seed: int = 0, with_training: bool = True) -> str:
    """Writes it and returns the directory."""
    tf.saved_model.save(SmallModule(side, seed, with_training), directory)
    return directory

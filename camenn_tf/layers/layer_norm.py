"""Layer normalisation with a gradient of few passes."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

EPSILON = 1e-6


@keras.saving.register_keras_serializable(package="camenn_tf")
class LayerNorm(keras.layers.Layer):
    """gamma (x - mean) / sqrt(variance + 1e-6) + beta over the last axis (Ba et al. 2016).

    The same function as `keras.layers.LayerNormalization`, with the gradient written out: on long matrices of tokens
    the passes over memory are what it costs. Half precision is normalised in float32.

    Input and output shape: [..., E].
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.gamma = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="beta")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        work = tf.float32 if inputs.dtype in (tf.bfloat16, tf.float16) else inputs.dtype
        gamma, beta = (tf.cast(tf.convert_to_tensor(weight), work) for weight in (self.gamma, self.beta))
        return tf.cast(_normalised(tf.cast(inputs, work), gamma, beta), inputs.dtype)

    def compute_output_spec(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config()


@tf.custom_gradient
def _normalised(inputs: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) -> tuple[tf.Tensor, Any]:
    centred = inputs - tf.reduce_mean(inputs, -1, keepdims=True)
    scale = tf.math.rsqrt(tf.reduce_mean(tf.square(centred), -1, keepdims=True) + EPSILON)
    normal = centred * scale

    def grad(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        axes = list(range(upstream.shape.rank - 1))
        normal_grad = upstream * gamma
        along = tf.reduce_mean(normal_grad * normal, -1, keepdims=True)
        input_grad = scale * (normal_grad - tf.reduce_mean(normal_grad, -1, keepdims=True) - normal * along)
        return input_grad, tf.reduce_sum(upstream * normal, axes), tf.reduce_sum(upstream, axes)

    return normal * gamma + beta, grad

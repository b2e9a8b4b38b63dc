"""InceptionV4 (Szegedy et al. 2016, "Inception-v4, Inception-ResNet and the Impact of Residual Connections", figure 9).

As TF-slim built it, whose published ImageNet weights are the paper's: no bias and no scale beside the batch norms, an
epsilon of .001, and averages at borders over real pixels only. Layers are called as TF-slim's scopes, with dots for
slashes: `Mixed_5b.Branch_1.Conv2d_0a_1x1` and its norm `Mixed_5b.Branch_1.Conv2d_0a_1x1.BatchNorm`.
"""

from __future__ import annotations

import re
from typing import Any

import keras

from camenn_tf.encoders.slim_checkpoint import load_slim_checkpoint
from camenn_tf.encoders.timm_weights import load_timm_weights
from camenn_tf.errors import UserError

__all__ = ["FEATURES", "LEAST_SIZE", "InceptionV4", "load_slim_checkpoint", "load_timm_weights"]

FEATURES = 1536
LEAST_SIZE = 75  # the last map is then 1x1
EPSILON = 0.001
MOMENTUM = 0.9997

# A convolution: its name, which ends in its height and width, and its filters. Side by side: a list of two of them.
Convolution = tuple[str, int]
Branch = tuple[str | Convolution | list[Convolution], ...]
AVERAGE, MAX = "average", "max"
VALID = "Conv2d_1a_3x3"  # in blocks the only name whose convolution does not pad

_A: tuple[Branch, ...] = (
    (("Conv2d_0a_1x1", 96),),
    (("Conv2d_0a_1x1", 64), ("Conv2d_0b_3x3", 96)),
    (("Conv2d_0a_1x1", 64), ("Conv2d_0b_3x3", 96), ("Conv2d_0c_3x3", 96)),
    (AVERAGE, ("Conv2d_0b_1x1", 96)),
)
_B: tuple[Branch, ...] = (
    (("Conv2d_0a_1x1", 384),),
    (("Conv2d_0a_1x1", 192), ("Conv2d_0b_1x7", 224), ("Conv2d_0c_7x1", 256)),
    (
        ("Conv2d_0a_1x1", 192),
        ("Conv2d_0b_7x1", 192),
        ("Conv2d_0c_1x7", 224),
        ("Conv2d_0d_7x1", 224),
        ("Conv2d_0e_1x7", 256),
    ),
    (AVERAGE, ("Conv2d_0b_1x1", 128)),
)
_C: tuple[Branch, ...] = (
    (("Conv2d_0a_1x1", 256),),
    (("Conv2d_0a_1x1", 384), [("Conv2d_0b_1x3", 256), ("Conv2d_0c_3x1", 256)]),
    (
        ("Conv2d_0a_1x1", 384),
        ("Conv2d_0b_3x1", 448),
        ("Conv2d_0c_1x3", 512),
        [("Conv2d_0d_1x3", 256), ("Conv2d_0e_3x1", 256)],
    ),
    (AVERAGE, ("Conv2d_0b_1x1", 256)),
)
# scope -> stride of max pools and unpadded convolutions, branches in the order of their channels
BLOCKS: dict[str, tuple[int, tuple[Branch, ...]]] = {
    "Mixed_3a": (2, ((MAX,), (("Conv2d_0a_3x3", 96),))),
    "Mixed_4a": (
        1,
        (
            (("Conv2d_0a_1x1", 64), (VALID, 96)),
            (("Conv2d_0a_1x1", 64), ("Conv2d_0b_1x7", 64), ("Conv2d_0c_7x1", 64), (VALID, 96)),
        ),
    ),
    "Mixed_5a": (2, (((VALID, 192),), (MAX,))),
    **{f"Mixed_5{letter}": (1, _A) for letter in "bcde"},
    "Mixed_6a": (2, (((VALID, 384),), (("Conv2d_0a_1x1", 192), ("Conv2d_0b_3x3", 224), (VALID, 256)), (MAX,))),
    **{f"Mixed_6{letter}": (1, _B) for letter in "bcdefgh"},
    "Mixed_7a": (
        2,
        (
            (("Conv2d_0a_1x1", 192), (VALID, 192)),
            (("Conv2d_0a_1x1", 256), ("Conv2d_0b_1x7", 256), ("Conv2d_0c_7x1", 320), (VALID, 320)),
            (MAX,),
        ),
    ),
    **{f"Mixed_7{letter}": (1, _C) for letter in "bcd"},
}


def InceptionV4(input_size: int = 299, classes: int = 0) -> keras.Model:  # noqa: N802, as keras.applications
    """Builds the network with random weights.

    Args:
      input_size: pixels a side, at least 75.
      classes: 0 = no classifier; the published one has 1001, of which number 0 is the background.

    Returns:
      float [n, input_size, input_size, 3], RGB / 127.5 - 1 -> pooled features [n, 1536]; with a classifier its
      logits [n, classes].

    Raises:
      UserError: `input_size` is too small.
    """
    if input_size < LEAST_SIZE:
        raise UserError(f"encode.image.patch_size={input_size}: InceptionV4 needs at least {LEAST_SIZE} pixels a side")
    pixels = keras.Input([input_size, input_size, 3], name="pixels")
    x = _convolution(pixels, "Conv2d_1a_3x3", 32, strides=2, padding="valid")
    x = _convolution(x, "Conv2d_2a_3x3", 32, padding="valid")
    x = _convolution(x, "Conv2d_2b_3x3", 64)
    for scope, (stride, branches) in BLOCKS.items():
        outputs = [_branch(x, f"{scope}.Branch_{n}", branch, stride) for n, branch in enumerate(branches)]
        x = keras.layers.Concatenate(name=scope)(outputs)
    x = keras.layers.GlobalAveragePooling2D(name="PreLogitsFlatten")(x)
    if classes:
        x = keras.layers.Dense(classes, name="Logits.Logits")(x)
    return keras.Model(pixels, x, name="inception_v4")


def _branch(x: Any, scope: str, branch: Branch, stride: int) -> Any:
    for part in branch:
        if part == MAX:
            x = keras.layers.MaxPooling2D(3, strides=stride, name=f"{scope}.MaxPool")(x)
        elif part == AVERAGE:
            x = keras.layers.AveragePooling2D(3, strides=1, padding="same", name=f"{scope}.AvgPool")(x)
        elif isinstance(part, list):
            sides = [_convolution(x, f"{scope}.{name}", filters) for name, filters in part]
            x = keras.layers.Concatenate(name=f"{scope}.concat")(sides)
        else:
            name, filters = part[0], int(part[1])
            # Mixed_3a's convolution is strided and unpadded, too, but TF-slim numbers it 0a.
            valid = name == VALID or scope.startswith("Mixed_3a")
            padding, strides = ("valid", stride) if valid else ("same", 1)
            x = _convolution(x, f"{scope}.{name}", filters, strides, padding)
    return x


def _convolution(x: Any, name: str, filters: int, strides: int = 1, padding: str = "same") -> Any:
    found = re.search(r"_(\d)x(\d)$", name)
    assert found, name
    kernel = (int(found[1]), int(found[2]))
    x = keras.layers.Conv2D(filters, kernel, strides, padding, use_bias=False, name=name)(x)
    x = keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, scale=False, name=f"{name}.BatchNorm")(x)
    return keras.layers.Activation("relu", name=f"{name}.Relu")(x)

"""Weights of timm's InceptionV4 (`timm/inception_v4.tf_in1k`), a safetensors file."""

from __future__ import annotations

import re

import keras
import numpy as np

from camenn_tf.encoders.safetensors import Safetensors
from camenn_tf.encoders.slim_checkpoint import SCOPE, fill, slim_variables

_STEM = {"Conv2d_1a_3x3": "features.0", "Conv2d_2a_3x3": "features.1", "Conv2d_2b_3x3": "features.2"}
_ORDER = ["3a", "4a", "5a", *(f"5{x}" for x in "bcde"), *(f"6{x}" for x in "abcdefgh"), *(f"7{x}" for x in "abcd")]
_ONE_CONVOLUTION = {"Mixed_3a", "Mixed_5a"}
_C_PARTS = {
    "Branch_1": {"0a": "branch1_0", "0b": "branch1_1a", "0c": "branch1_1b"},
    "Branch_2": {"0a": "branch2_0", "0b": "branch2_1", "0c": "branch2_2", "0d": "branch2_3a", "0e": "branch2_3b"},
}
_KINDS = {"beta": "bn.bias", "moving_mean": "bn.running_mean", "moving_variance": "bn.running_var"}


def load_timm_weights(model: keras.Model, path: str) -> list[str]:
    """Fills an InceptionV4 from timm's safetensors; all or nothing.

    timm's norms have a scale g and ours none: it goes into the convolution before, W -> g W, and the norm's mean,
    m -> g m, which is the same function.

    Args:
      model: of `InceptionV4`, headless, or with as many classes as the file (timm has no background: class i is
        TF-slim's i + 1).
      path: the file.

    Returns:
      Names that the model has no use for, sorted: batch counters and the classifier of a headless model.

    Raises:
      UserError: no such file, a damaged one, or tensors that are missing, unknown or of another shape; it names them.
    """
    with Safetensors(path) as file:
        # timm's name -> variable; every norm's scale is wanted beside them
        wanted: dict[str, keras.Variable] = {}
        scales: dict[str, str] = {}  # what a scale is multiplied into -> the scale's name
        for name, variable in slim_variables(model).items():
            theirs = timm_name(name)
            wanted[theirs] = variable
            if theirs.endswith((".conv.weight", ".bn.running_mean")):
                scales[theirs] = re.sub(r"\.(conv\.weight|bn\.running_mean)$", ".bn.weight", theirs)
        shapes = {name: _turned_shape(shape) for name, shape in file.shapes.items()}
        headless = "last_linear.weight" not in wanted
        skipped = sorted(
            name
            for name in shapes
            if name.endswith(".bn.num_batches_tracked") or (headless and name.startswith("last_linear."))
        )
        unknown = sorted(set(shapes) - set(wanted) - set(scales.values()) - set(skipped))
        by_scale = {scale: wanted[scale.replace(".weight", ".running_mean")] for scale in scales.values()}

        def read(name: str) -> np.ndarray:
            value = _turned(file.read(name))
            return value * file.read(scales[name]) if name in scales else value

        # scales are checked like the others, but nothing is assigned from them by themselves
        fill(path, wanted, shapes, unknown, read, by_scale)
    return skipped


def timm_name(name: str) -> str:
    """Timm's name of TF-slim's variable `InceptionV4/.../weights`, `.../BatchNorm/beta` and so on."""
    scope, kind = name.removeprefix(f"{SCOPE}/").rsplit("/", 1)
    if scope == "Logits/Logits":
        return "last_linear.weight" if kind == "weights" else "last_linear.bias"
    scope = scope.removesuffix("/BatchNorm")
    return f"{_prefix(scope)}.{_KINDS.get(kind, 'conv.weight')}"


def _prefix(scope: str) -> str:
    if scope in _STEM:
        return _STEM[scope]
    block, branch, convolution = scope.split("/")
    features = f"features.{3 + _ORDER.index(block.removeprefix('Mixed_'))}"
    if block in _ONE_CONVOLUTION:
        return f"{features}.conv"
    place = convolution.split("_")[1]  # 0a, 0b, ... or 1a for the last one of a reduction
    is_c = block in ("Mixed_7b", "Mixed_7c", "Mixed_7d")
    if is_c and branch in _C_PARTS:
        return f"{features}.{_C_PARTS[branch][place]}"
    number = branch.removeprefix("Branch_")
    if number == "3":  # after a pool
        return f"{features}.branch3.1"
    length = _LENGTHS[block][int(number)]
    if length == 1:
        return f"{features}.branch{number}"
    index = length - 1 if place == "1a" else "abcde".index(place[1])
    return f"{features}.branch{number}.{index}"


# convolutions in each branch of the blocks whose branches timm numbers through
_LENGTHS = {
    "Mixed_4a": (2, 4),
    **{f"Mixed_5{letter}": (1, 2, 3) for letter in "bcde"},
    "Mixed_6a": (1, 3),
    **{f"Mixed_6{letter}": (1, 3, 5) for letter in "bcdefgh"},
    "Mixed_7a": (2, 4),
    **{f"Mixed_7{letter}": (1,) for letter in "bcd"},
}


def _turned_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) == 4:
        return (shape[2], shape[3], shape[1], shape[0])
    return shape[::-1]


def _turned(value: np.ndarray) -> np.ndarray:
    """Output, input, height, width to height, width, input, output; a matrix is transposed."""
    return value.transpose(2, 3, 1, 0) if value.ndim == 4 else value.T

"""What every layer must do, whatever it computes: one check each, used for all of `layer_cases.CASES`."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True, eq=False)
class LayerCase:
    """A layer and inputs for it.

    Attributes:
      name: of the case, and of its file.
      make: builds the layer; takes Keras's own arguments (name, dtype).
      inputs: the positional arguments of a call, nested dicts of arrays.
      float32_outputs: outputs that stay float32 in half precision, by their path.
      not_reached: weights that no gradient reaches.
      training: whether every call is one of training, with the same draws each time.
    """

    name: str
    make: Callable[..., keras.layers.Layer]
    inputs: tuple[Any, ...]
    float32_outputs: tuple[str, ...] = ()
    not_reached: tuple[str, ...] = ()
    training: bool = False

    @property
    def mode(self) -> dict[str, bool]:
        """Arguments of a call."""
        return {"training": True} if self.training else {}


def flat(tree: Any) -> dict[str, Any]:
    """Leaves by path: {"0/tokens": ...}."""
    return {"/".join(map(str, path)) or "output": leaf for path, leaf in keras.tree.flatten_with_path(tree)}


def start_draws(layer: keras.layers.Layer | keras.Model) -> None:
    """What is drawn next in training starts anew, whatever was drawn before; seeds are not saved with weights."""
    for variable in layer.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([7, 7])


def called(case: LayerCase, layer: keras.layers.Layer, inputs: Any = None) -> Any:
    """The layer's outputs for the case's inputs, or for others of their form."""
    start_draws(layer)
    return layer(*(case.inputs if inputs is None else inputs), **case.mode)


@functools.cache
def built(case: LayerCase) -> tuple[keras.layers.Layer, Any]:
    """The layer with weights drawn anew, so that none is neutral, and its outputs."""
    keras.utils.set_random_seed(7)  # of the initial weights, and of what layers draw
    layer = case.make()
    layer(*case.inputs)
    rng = np.random.default_rng(7)
    for weight in layer.trainable_weights:
        weight.assign(weight.numpy() + 0.3 * rng.normal(size=weight.shape))
    return layer, called(case, layer)


def assert_close(actual: Any, expected: Any, tolerance: float = 1e-6) -> None:
    """Equal trees of tensors: the same names, and values within the tolerance."""
    ours, theirs = flat(actual), flat(expected)
    assert sorted(ours) == sorted(theirs)
    for path, value in theirs.items():
        np.testing.assert_allclose(np.asarray(ours[path]), np.asarray(value), rtol=0, atol=tolerance, err_msg=path)


def symbolic(inputs: Any) -> Any:
    """Keras inputs of these arrays' types, leading dimensions free; named like their paths."""
    names = iter(flat(inputs))
    return keras.tree.map_structure(
        lambda part: keras.Input(part.shape[1:], dtype=str(part.dtype), name=next(names).replace("/", "-")), inputs
    )


def check_output_spec(case: LayerCase) -> None:
    """What the layer says of its outputs beforehand is what comes out: names, known sizes, types."""
    layer, outputs = built(case)
    specs, outputs = flat(layer.compute_output_spec(*symbolic(case.inputs))), flat(outputs)
    assert sorted(specs) == sorted(outputs)
    assert len({id(spec) for spec in specs.values()}) == len(specs), "outputs share a symbolic tensor"
    for path, spec in specs.items():
        assert spec.dtype == outputs[path].dtype.name, path
        assert tf.TensorShape(spec.shape).is_compatible_with(outputs[path].shape), path
        assert None not in spec.shape[1:], path


def check_config(case: LayerCase) -> None:
    """A layer made from its configuration, by way of JSON, computes the same with the same weights."""
    layer, outputs = built(case)
    copy = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    copy(*case.inputs)
    assert [weight.shape for weight in copy.weights] == [weight.shape for weight in layer.weights]
    copy.set_weights(layer.get_weights())
    assert_close(called(case, copy), outputs, 0.0)


def check_gradients(case: LayerCase) -> None:
    """Every trainable weight moves the outputs, or is named as one that does not."""
    layer, _ = built(case)
    with tf.GradientTape() as tape:
        outputs = [part for part in flat(called(case, layer)).values() if part.dtype.is_floating]
        if not outputs:
            assert not layer.trainable_weights
            return
        rng = np.random.default_rng(5)  # a plain sum has no gradient through a softmax or a norm
        loss = tf.add_n([tf.reduce_sum(part * rng.normal(size=part.shape).astype("float32")) for part in outputs])
    gradients = tape.gradient(loss, [weight.value for weight in layer.trainable_weights], unconnected_gradients="zero")
    still = {
        weight.name
        for weight, gradient in zip(layer.trainable_weights, gradients, strict=True)
        if not np.any(tf.convert_to_tensor(gradient).numpy())
    }
    assert still == set(case.not_reached)


def check_policies(case: LayerCase) -> None:
    """In float64 and in half precision every floating output has the policy's type, and values that fit.

    They may be off by a share of the spread of the float32 ones: no single number, such as 0, is within half of it.
    """
    layer, outputs = built(case)
    floating = {path for path, part in flat(outputs).items() if part.dtype.is_floating}
    for policy, dtype, tolerance in (("float64", "float64", 1e-5), ("mixed_bfloat16", "bfloat16", 0.1)):
        inputs = keras.tree.map_structure(
            lambda part, half=policy != "float64": part if half or part.dtype.kind != "f" else part.astype("float64"),
            case.inputs,
        )
        other = case.make(dtype=policy)
        other(*inputs)
        other.set_weights(layer.get_weights())
        results, specs = flat(called(case, other, inputs)), flat(other(*symbolic(inputs), **case.mode))
        for path in floating:
            expected = "float32" if path in case.float32_outputs and dtype == "bfloat16" else dtype
            assert results[path].dtype.name == specs[path].dtype == expected, path
            ours, theirs = (tf.cast(part[path], "float64").numpy() for part in (results, flat(outputs)))
            spread = np.abs(theirs - theirs.mean()).mean()
            assert np.abs(ours - theirs).mean() <= tolerance * spread, path


def check_unknown_sizes(case: LayerCase) -> None:
    """Traced once with free leading dimensions, it computes the same, and takes batches without rows."""
    layer, outputs = built(case)
    specs = keras.tree.map_structure(lambda part: tf.TensorSpec([None, *part.shape[1:]], part.dtype), case.inputs)
    traced = tf.function(lambda *inputs: layer(*inputs, **case.mode), input_signature=specs, autograph=False)
    start_draws(layer)
    assert_close(traced(*keras.tree.map_structure(tf.constant, case.inputs)), outputs, 1e-5)
    none = keras.tree.map_structure(lambda part: tf.constant(part[:0]), case.inputs)
    for results in (flat(traced(*none)), flat(called(case, layer, none))):
        assert {path: part.shape[0] for path, part in results.items()} == dict.fromkeys(results, 0)


def save(case: LayerCase, directory: Path) -> dict[str, np.ndarray]:
    """A functional model of the layer as <name>.keras, its inputs as <name>.npz; returns its outputs."""
    layer, outputs = built(case)
    inputs = symbolic(case.inputs)
    tensors = {tensor.name: tensor for tensor in keras.tree.flatten(inputs)}
    symbols = flat(layer(*inputs, **case.mode))
    model = keras.Model(tensors, {path.replace("/", "-"): part for path, part in symbols.items()})
    model.save(directory / f"{case.name}.keras")
    np.savez(directory / f"{case.name}.npz", **dict(zip(tensors, keras.tree.flatten(case.inputs), strict=True)))
    return {path.replace("/", "-"): np.asarray(part) for path, part in flat(outputs).items()}

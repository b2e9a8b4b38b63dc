"""A Keras layer around an image module of TensorFlow Hub."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="camenn_tf")
class HubLayer(keras.layers.Layer):
    """Calls a loaded module and adopts its variables, so that they train, count and are saved as the layer's own.

    tensorflow_hub's KerasLayer is made for Keras 2 and fails inside a Keras 3 model. The module always runs in
    inference mode: batch norms keep their statistics, also where the weights train.

    Args:
      handle: directory, URL or handle that `tensorflow_hub.load` takes.
      trainable: whether the variables that the module calls trainable are trained.

    Input shape: [n, h, w, 3] float32, 0 to 1. Output shape: [n, D] float32.
    """

    def __init__(self, handle: str, trainable: bool = False, **kwargs: Any) -> None:
        import tensorflow_hub as hub  # slow to import, and brings a second Keras along

        # float32, without autocast: the module's signatures accept nothing else
        super().__init__(trainable=trainable, **{"dtype": "float32", **kwargs})
        self.handle = handle
        self.module = hub.load(handle)
        if not callable(self.module):
            raise TypeError("the module cannot be called: not of the TF2 format")
        trained = {id(variable) for variable in getattr(self.module, "trainable_variables", ())}
        for number, variable in enumerate(_variables(self.module)):
            # Keras keeps a tf.Variable that it is given as it is: the module and the layer share it.
            name = f"{number}_{variable.name.split(':')[0].replace('/', '_')}"
            adopted = keras.Variable(
                variable, trainable=id(variable) in trained, dtype=variable.dtype.name, autocast=False, name=name
            )
            self._track_variable(adopted)
        self._takes_training = "training" in _argument_names(self.module)
        self.built = True

    def call(self, images: tf.Tensor) -> tf.Tensor:
        if self._takes_training:
            return self.module(images, training=False)
        return self.module(images)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        # traced, not run: inside a strategy's scope but outside its replicas the module cannot run
        images = tf.TensorSpec([1, *(side or 1 for side in input_shape[1:])], tf.float32)
        outputs = tf.function(self.call, autograph=False).get_concrete_function(images).structured_outputs
        return (input_shape[0], int(outputs.shape[-1]))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "handle": self.handle}


def stated_size(module: Any) -> tuple[int, int] | None:
    """Height and width that the module's signatures demand; None where any will do or nothing is said."""
    for function in _signatures(module):
        for spec in tf.nest.flatten(function.structured_input_signature):
            if isinstance(spec, tf.TensorSpec) and spec.shape.rank == 4:
                height, width = spec.shape[1:3]
                if height and width:
                    return int(height), int(width)
    return None


def _signatures(module: Any) -> list[Any]:
    named = list(getattr(module, "signatures", {}).values())
    return list(getattr(module.__call__, "concrete_functions", ())) + named


def _variables(module: Any) -> list[tf.Variable]:
    """`variables`, which the format asks for; else what its functions read."""
    found = list(getattr(module, "variables", ()))
    if not found:
        found = [variable for function in _signatures(module) for variable in function.graph.variables]
    return list({id(variable): variable for variable in found}.values())


def _argument_names(module: Any) -> list[str]:
    functions = getattr(module.__call__, "concrete_functions", ())
    return [name for function in functions for name in function.function_type.parameters]

"""A BERT from TF-Hub as a Keras 3 layer, which `hub.KerasLayer` no longer is."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
import tensorflow_text  # noqa: F401  some models need its operations

from camenn_tf.errors import UserError

OUTPUT = "sequence_output"


@keras.saving.register_keras_serializable(package="camenn_tf")
class TfHubBert(keras.layers.Layer):
    """The last hidden states of a SavedModel in the format that TF-Hub calls "transformer encoders", version 3 on.

    Such a model maps a dict of int32 [n, L] `input_word_ids`, `input_mask`, `input_type_ids` to a dict with
    `sequence_output` [n, L, D], and lists its `variables` and `trainable_variables`. They become this layer's own, so
    optimizers, checkpoints and strategies see them; create the layer in the strategy's scope.

    Args:
      handle: handle, URL or directory, all that `tensorflow_hub.load` takes.

    Attributes:
      dim: D.
      lower_case: what the model says about its texts in `do_lower_case`, as older ones do; None = nothing.

    Input: int32 ids [n, L] and bool mask [n, L]. Output: float32 [n, L, D], not zeroed at padding.

    Raises:
      UserError: the model has another format.
    """

    def __init__(self, handle: str, **kwargs: Any) -> None:
        import tensorflow_hub  # slow, and only those who use such a model need it

        # The SavedModel computes in float32, whatever the policy; a cast of its variables would be lost on it.
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.handle = handle
        loaded = tensorflow_hub.load(handle)
        # Behind a function, so that Keras does not track the loaded object and save all its traces once more.
        self._loaded = lambda: loaded
        self._takes_training = True
        self.dim = self._probe()
        said: Any = getattr(loaded, "do_lower_case", None)
        self.lower_case = None if said is None else bool(said.numpy())
        trained = {id(variable) for variable in getattr(loaded, "trainable_variables", ())}
        for variable in loaded.variables:
            name = variable.name.split(":")[0].replace("/", "_")  # the optimizer knows biases and norms by it
            adopted = keras.Variable(variable, trainable=id(variable) in trained, dtype=variable.dtype, name=name)
            self._track_variable(adopted)

    def call(self, ids: Any, mask: Any, training: bool = False) -> Any:
        return self._states(ids, mask, bool(training) and self.trainable)

    def compute_output_spec(self, ids: Any, mask: Any, training: bool = False) -> keras.KerasTensor:
        return keras.KerasTensor((*ids.shape, self.dim), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "handle": self.handle}

    def has_positions(self, length: int) -> bool:
        """Whether the model has positions for texts of so many tokens."""
        try:
            self._states(tf.zeros([1, length], tf.int32), tf.ones([1, length], tf.bool), False)
        except tf.errors.InvalidArgumentError:
            return False
        return True

    def _states(self, ids: Any, mask: Any, training: bool) -> Any:
        inputs = {
            "input_word_ids": tf.cast(ids, tf.int32),
            "input_mask": tf.cast(mask, tf.int32),
            "input_type_ids": tf.zeros_like(ids, tf.int32),
        }
        loaded = self._loaded()
        return (loaded(inputs, training=training) if self._takes_training else loaded(inputs))[OUTPUT]

    def _probe(self) -> int:
        """Width of a state; finds out on the way how the model wants to be called."""
        loaded = self._loaded()
        if not callable(loaded) or not getattr(loaded, "variables", None):
            raise UserError(f"{self.handle}: cannot be called or has no variables; it is no reusable model of TF-Hub")
        ids, mask = tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None], tf.bool)
        for takes_training in (True, False):
            self._takes_training = takes_training
            try:
                # Traced, not run: in a strategy's scope only its replicas may run what was loaded there.
                traced = tf.function(lambda ids, mask: self._states(ids, mask, False), autograph=False)
                return int(traced.get_concrete_function(ids, mask).structured_outputs.shape[-1])
            except (ValueError, TypeError, KeyError) as error:
                reason = error
        raise UserError(
            f"{self.handle}: expected a model from input_word_ids, input_mask and input_type_ids to {OUTPUT}, as BERT "
            "has on TF-Hub from version 3 on"
        ) from reason

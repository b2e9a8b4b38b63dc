"""What the baselines see of a batch: every field of the sample and its target, as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.layers.half_precision import logit_type
from camenn_tf.layers.mini_batch_regularization import MiniBatchRegularization
from camenn_tf.layers.offset import Offset
from camenn_tf.layers.pooled_content import PooledContent
from camenn_tf.models.batch_inputs import content_inputs, field_inputs, history_inputs
from camenn_tf.models.embedded_fields import field_tokens
from camenn_tf.models.encoder_states import encoder_states
from camenn_tf.models.spec import ModelSpec


class BaselineFields:
    """Inputs of a baseline and the vectors of its fields.

    All baselines see the same fields as CameNN: those of the sample and those of the target item; with
    `baseline.content` the target's pooled text and image count as two more. Models of behaviour also see the fields of
    the bought items, and then their pooled texts and images as well.

    Args:
      config: the whole configuration; sections model and baseline are read.
      spec: sizes of the data.
      history: whether the model reads bought items.
      regularization: lambda of `MiniBatchRegularization` for the vectors of all fields, 0 = none; goes with history.

    Attributes:
      inputs: the batch's keys that the model reads.
      count: F, fields with the content's two.
      sample_sizes: values of each of the sample's own fields.
    """

    def __init__(self, config: ConfigDict, spec: ModelSpec, history: bool = False, regularization: float = 0.0) -> None:
        self._config, self._spec = config, spec
        self._regularization = regularization
        self._content: dict[str, Any] | None = None
        self.inputs = field_inputs(spec)
        self.count = len(spec.sample_fields) + len(spec.item_fields)
        self.sample_sizes = [field.size for field in spec.sample_fields]
        if history:
            self.inputs |= history_inputs(config)
        if config.baseline.content:
            self.inputs |= content_inputs(config, spec)
            self._content = encoder_states(config, spec, self.inputs)
            self.count += 2

    def vectors(self, size: int, name: str = "field") -> keras.KerasTensor:
        """A vector of each field: [B, F, size]."""
        return ops.concatenate(self.parts(size, name), 1)

    def parts(self, size: int, name: str = "field") -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """The same in two: the sample's own fields [B, Fb, size] and its target's [B, F - Fb, size]."""
        return self.sample_vectors(size, name), self.of_target(self.item_vectors(size, name))

    def sample_vectors(self, size: int, name: str = "field") -> keras.KerasTensor:
        """Of the sample's own fields: [B, Fb, size]."""
        return self._embedded(self._spec.sample_fields, self.inputs["fields"], size, f"sample_{name}")

    def item_vectors(self, size: int, name: str = "field") -> keras.KerasTensor:
        """Of the fields of each distinct item: [U, Fi, size], or [U, Fi + 2, size] with content."""
        vectors = self._embedded(self._spec.item_fields, self.inputs["items_fields"], size, f"item_{name}", items=True)
        if self._content is None:
            return vectors
        return ops.concatenate([vectors, PooledContent(size, name=f"content_{name}")(self._content)], 1)

    def of_target(self, items: keras.KerasTensor) -> keras.KerasTensor:
        """[U, ...] -> [B, ...]."""
        return ops.take(items, self.inputs["target"], 0)

    def of_history(self, items: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """[U, ...] -> [B, N, ...], and where there is an item, bool [B, N]."""
        return ops.take(items, self.inputs["history"], 0), ops.not_equal(self.inputs["history"], 0)

    def linear(self) -> keras.KerasTensor:
        """w_0 + sum of one weight for each field's value: [B]."""
        weights = self.vectors(1, "weight")  # [B, F, 1]
        return Offset(dtype=logit_type(), name="offset")(ops.sum(ops.cast(weights, logit_type()), (1, 2)))

    def _embedded(
        self, fields: Sequence[FieldInfo], ids: keras.KerasTensor, size: int, name: str, items: bool = False
    ) -> keras.KerasTensor:
        sizes = [field.size for field in fields]
        vectors = field_tokens(self._config, fields, size, name)(ids)
        if not self._regularization or not fields:
            return vectors
        if self._spec.train_counts is None:
            raise ValueError("mini-batch aware regularisation needs the train counts of the fields' values")
        counts = np.concatenate([self._spec.train_counts[field.name] for field in fields])
        layer = MiniBatchRegularization(self._regularization, sizes, counts, name=f"{name}_regularization")
        if not items:
            return layer(vectors, ids)
        # Alignment rows and padding bring items that no sample holds.
        held = ops.concatenate([ops.expand_dims(self.inputs["target"], 1), self.inputs["history"]], 1)
        return layer(vectors, ids, held)

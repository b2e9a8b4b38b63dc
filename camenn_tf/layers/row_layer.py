"""What the layers share that make rows of E_Input: settings, slot embedding, and samples whose content is hidden."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.row_contents import check_context

SLOT_SPREAD = 0.3  # tokens vary by about 1: smaller, and the target's tokens look like the history's at first


class RowLayer(keras.layers.Layer):
    """Base of `RowTokens` and `SlotMeans`; the arguments are described there."""

    def __init__(
        self,
        slots: int,
        context_fields: int,
        slot_embedding: bool = True,
        alignment_context: str = "masked",
        fixed_shapes: bool = False,
        text_length: int = 0,
        patches: int = 0,
        content_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_context(alignment_context)
        self.slots = slots
        self.context_fields = context_fields
        self.slot_embedding = slot_embedding
        self.alignment_context = alignment_context
        self.fixed_shapes = fixed_shapes
        self.text_length = text_length
        self.patches = patches
        self.content_dropout = content_dropout
        self.seed_generator = keras.random.SeedGenerator() if content_dropout else None

    def build(self, input_shape: dict[str, Any]) -> None:
        if self.slot_embedding:
            self.slot_table = self.add_weight(
                shape=(self.slots, input_shape["sample_tokens"][-1]),
                initializer=keras.initializers.RandomNormal(stddev=SLOT_SPREAD),
                name="slot_position_embedding",
            )

    @property
    def shares_rows(self) -> bool:
        """Whether a positive may take its sample's row: padded, or without content, that may lack what it needs."""
        return not (self.fixed_shapes or self.content_dropout)

    def hidden_rows(self, rows: tf.Tensor, samples: tf.Tensor) -> tf.Tensor:
        """Which of so many rows hide their items, a random share of the samples, which come first: bool [R]."""
        drawn = keras.random.uniform((rows,), dtype="float32", seed=self.seed_generator) < self.content_dropout
        return drawn & (tf.range(rows) < samples)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "slots": self.slots,
            "context_fields": self.context_fields,
            "slot_embedding": self.slot_embedding,
            "alignment_context": self.alignment_context,
            "fixed_shapes": self.fixed_shapes,
            "text_length": self.text_length,
            "patches": self.patches,
            "content_dropout": self.content_dropout,
        }

    def _cast(self, variable: keras.Variable) -> tf.Tensor:
        return tf.cast(tf.convert_to_tensor(variable), self.compute_dtype)

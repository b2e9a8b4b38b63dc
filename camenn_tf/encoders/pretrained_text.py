"""What the text encoders that come with weights have in common, whatever they are loaded from."""

from __future__ import annotations

import abc
import functools
from typing import Any

import keras

from camenn_tf.encoders.fingerprint import fingerprint, hash_arrays
from camenn_tf.encoders.pieces import Pieces
from camenn_tf.encoders.text_encoder import TextEncoder


class PretrainedText(TextEncoder):
    """A network with weights of its own, frozen or trained along with the model from there on.

    Args:
      path: where it is loaded from.
      max_pieces: most pieces of a text, without those that start and end it.
      trains_along: whether it is trained; its `model` is then made of fresh variables, in the scope of the
        distribution strategy and with the dtype policy of the moment when it is first asked for.
      pieces: its tokenizer.
      dim: width of a state.
    """

    def __init__(self, path: str, max_pieces: int, trains_along: bool, pieces: Pieces, dim: int) -> None:
        self.path, self.max_pieces, self.trains_along = path, max_pieces, trains_along
        self.dim = dim
        self._pieces = pieces

    @abc.abstractmethod
    def _apply(self, ids: Any, mask: Any) -> Any:
        """Calls the network on symbolic ids of its own embedding [n, L] and mask bool [n, L]; states [n, L, dim]."""

    @property
    def config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "path": self.path,
            "max_pieces": self.max_pieces,
            "trains_along": self.trains_along,
        }

    @functools.cached_property
    def fingerprint(self) -> str:
        settings: dict[str, Any] = {"max_pieces": self.max_pieces, "vocabulary": self._pieces.fingerprint}
        if self.trains_along:  # Stored are pieces; the weights belong to a run.
            return fingerprint(self.name, {**settings, "trains_along": True, "dim": self.dim})
        return fingerprint(
            self.name, settings, hash_arrays(keras.ops.convert_to_numpy(weight) for weight in self.model.weights)
        )

    @property
    def pieces(self) -> Pieces:
        return self._pieces

    @functools.cached_property
    def model(self) -> keras.Model:
        ids = keras.Input([None], dtype="int32", name="piece_ids")  # [n, L]
        mask = keras.ops.not_equal(ids, 0)
        states = self._apply(self._pieces.network_ids(ids), mask)  # [n, L, D]
        keep = keras.ops.expand_dims(keras.ops.cast(mask, states.dtype), -1)
        model = keras.Model(ids, states * keep, name=f"{self.name}_text")
        if not self.trains_along:
            model.trainable = False
        return model

"""The mixture of transformer experts of section 3.6."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.errors import UserError
from camenn_tf.layers.half_precision import gather_rows
from camenn_tf.layers.packing import PackedLayout, flat_ranges, row_starts
from camenn_tf.layers.transformer_encoder import Rows, TransformerEncoder

GATE_POSITIONS = ("output", "input", "printed")


@keras.saving.register_keras_serializable(package="camenn_tf")
class MixtureOfExperts(keras.layers.Layer):
    """X^k of eq. 4 for every task k, from the chosen experts alone.

        output (default): X^k = sum_j g_j f_j(X)
        input:            X^k = sum_j f_j(g_j X)
        printed:          X^k = sum_j f_j(g_j f'(X)), f' one more shared encoder

    j runs over the experts that the task's gate chose for the row. An expert sees only the rows that chose it; with
    `output`, a row that two tasks send to one expert goes through it once. Padded rows (fixed shapes) go through every
    expert, and those not chosen are left out of the sum.

    Args:
      num_experts: M.
      gate_position: `output`, `input` or `printed`.
      encoder: keyword arguments of the experts' TransformerEncoder.

    Input: `rows` (X, packed or padded) and `streams`, by task a dict of `row` int32 [n] (the rows of the task),
    `experts` int32 [n, k] and `weights` [n, k].

    Output: by task packed or padded rows, like `rows`.
    """

    def __init__(
        self, num_experts: int, gate_position: str = "output", encoder: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if gate_position not in GATE_POSITIONS:
            raise UserError(f"model.gate_position is {gate_position!r}, expected one of {', '.join(GATE_POSITIONS)}")
        self.num_experts = num_experts
        self.gate_position = gate_position
        self.encoder = dict(encoder or {})
        arguments = {**self.encoder, "dtype": self.dtype_policy}
        self.experts = [TransformerEncoder(**arguments, name=f"expert_{j}") for j in range(num_experts)]
        self.shared = TransformerEncoder(**arguments, name="shared") if gate_position == "printed" else None

    def build(self, rows_shape: dict[str, Any], streams_shape: Any = None) -> None:
        for encoder in [*self.experts, *([self.shared] if self.shared else [])]:
            encoder.build({"tokens": rows_shape["tokens"]})

    def call(self, rows: Rows, streams: dict[str, Rows], training: bool = False) -> dict[str, Rows]:
        if self.shared is not None:
            rows = {**rows, "tokens": self.shared(rows, training=training)}
        if "mask" in rows:
            return {task: self._padded(rows, stream, training) for task, stream in streams.items()}
        joined = {
            key: tf.concat([stream[key] for stream in streams.values()], 0) for key in ("row", "experts", "weights")
        }
        sizes = [tf.size(stream["row"]) for stream in streams.values()]
        mixed, lengths = self._packed(rows, joined, training)
        # The streams of a task are consecutive, and so are their tokens.
        token_sizes = [tf.reduce_sum(part) for part in tf.split(lengths, sizes, num=len(sizes))]
        parts = zip(tf.split(mixed, token_sizes, num=len(sizes)), tf.split(lengths, sizes, num=len(sizes)), strict=True)
        return {task: {"tokens": part, "lengths": length} for task, (part, length) in zip(streams, parts, strict=True)}

    def _packed(self, rows: Rows, stream: Rows, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Tokens [S', E] of X^k of each stream (a row as one task sees it), and the streams' lengths [n]."""
        starts, lengths = row_starts(rows["lengths"]), rows["lengths"]
        source = stream["row"]
        if self.gate_position != "output":  # an expert's input depends on the gate: every stream is a source
            starts, lengths, source = tf.gather(starts, source), tf.gather(lengths, source), tf.range(tf.size(source))
        sources, count = tf.size(lengths), tf.size(stream["row"])
        chosen = tf.stack([tf.repeat(source, stream["experts"].shape[1]), tf.reshape(stream["experts"], [-1])], 1)
        gates = tf.scatter_nd(chosen, tf.reshape(stream["weights"], [-1]), [sources, self.num_experts])
        sends = tf.scatter_nd(chosen, tf.ones([tf.shape(chosen)[0]], tf.int32), [sources, self.num_experts]) > 0
        inputs, pair_lengths = [], []
        for j in range(self.num_experts):
            picked = tf.where(sends[:, j])[:, 0]
            pair_lengths.append(tf.gather(lengths, picked))
            tokens = tf.gather(rows["tokens"], flat_ranges(tf.gather(starts, picked), pair_lengths[j]))
            if self.gate_position != "output":
                tokens *= gather_rows(gates[:, j], tf.repeat(picked, pair_lengths[j]))[:, None]
            inputs.append(tokens)
        output = self._encoded(inputs, pair_lengths, training)
        # Where each (expert, source) starts in the outputs laid end to end, expert by expert.
        sent = tf.where(tf.transpose(sends), lengths[None, :], 0)  # [M, sources]
        pair_starts = tf.reshape(tf.cumsum(tf.reshape(sent, [-1]), exclusive=True), tf.shape(sent))
        stream_lengths = tf.gather(lengths, source)
        mixed = tf.zeros([], output.dtype)
        for i in range(stream["experts"].shape[1]):
            start = tf.gather_nd(pair_starts, tf.stack([stream["experts"][:, i], source], 1))
            part = tf.gather(output, flat_ranges(start, stream_lengths))
            if self.gate_position == "output":
                part *= gather_rows(stream["weights"][:, i], tf.repeat(tf.range(count), stream_lengths))[:, None]
            mixed += part
        return mixed, stream_lengths

    def _encoded(self, inputs: list[tf.Tensor], lengths: list[tf.Tensor], training: bool) -> tf.Tensor:
        """Each expert's encoder on its packed rows, laid end to end; attention, without weights, of all together."""
        first = self.experts[0]
        qkv = [expert.project(tokens) for expert, tokens in zip(self.experts, inputs, strict=True)]
        context = first.attend(tf.concat(qkv, 0), PackedLayout(tf.concat(lengths, 0), first.groups))
        parts = tf.split(context, [tf.shape(tokens)[0] for tokens in inputs], num=self.num_experts)
        pairs = zip(self.experts, inputs, parts, strict=True)
        return tf.concat([expert.feed(tokens, part, training) for expert, tokens, part in pairs], 0)

    def _padded(self, rows: Rows, stream: Rows, training: bool) -> Rows:
        """X^k of one task, from all experts, those not chosen with weight 0."""
        mask = tf.gather(rows["mask"], stream["row"])  # [n, L]
        length, size = rows["mask"].shape[1], rows["tokens"].shape[-1]
        tokens = tf.gather(tf.reshape(rows["tokens"], [-1, length, size]), stream["row"])  # [n, L, E]
        one_hot = tf.one_hot(stream["experts"], self.num_experts, dtype=tokens.dtype)  # [n, k, M]
        gates = tf.einsum("nk,nkm->nm", stream["weights"], one_hot)
        chosen = tf.reduce_sum(one_hot, 1)
        mixed = tf.zeros([], tokens.dtype)
        for j, expert in enumerate(self.experts):
            gate = gates[:, j, None, None]
            inputs = tokens if self.gate_position == "output" else gate * tokens
            output = expert({"tokens": tf.reshape(inputs, [-1, size]), "mask": mask}, training=training)
            weight = gate if self.gate_position == "output" else chosen[:, j, None, None]
            mixed += weight * tf.reshape(output, [-1, length, size])
        return {"tokens": tf.reshape(mixed, [-1, size]), "mask": mask}

    def compute_output_spec(self, rows: Rows, streams: dict[str, Rows], training: bool = False) -> dict[str, Rows]:
        shape = "mask" if "mask" in rows else "lengths"
        return {
            task: {
                "tokens": keras.KerasTensor(rows["tokens"].shape, dtype=self.compute_dtype),
                shape: keras.KerasTensor(rows[shape].shape, dtype=rows[shape].dtype),
            }
            for task in streams
        }

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_experts": self.num_experts,
            "gate_position": self.gate_position,
            "encoder": self.encoder,
        }

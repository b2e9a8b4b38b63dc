"""CameNN as the paper reads: every row padded to full length, every expert on every row, every tower on every token.

Slow on purpose and without any of the savings of `camenn_tf.layers`; it shares their weights and nothing else. The fast
model is compared with it, and `experiments/throughput.py` times the two. Rows are padded to F + (N + 1)(T + 2 + P).
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.models.spec import ModelSpec

Tensors = dict[str, Any]


class LiteralCameNN:
    """The literal form of a model built by `camenn_tf.models.camenn`, with that model's weights.

    Args:
      model: the fast model; its layers' weights are read by name.
      config, spec: what it was built from.
    """

    def __init__(self, model: keras.Model, config: ConfigDict, spec: ModelSpec) -> None:
        self.model, self.config, self.spec = model, config, spec
        self.dtype = tf.as_dtype(model.get_layer("shared_bottom").compute_dtype)

    def __call__(self, batch: Tensors, training: bool = False) -> Tensors:
        """The same outputs as the fast model: `cvr` [B], `ita` and `tia` [A]."""
        rate = self.config.model.dropout if training else 0.0
        table = self._item_table(batch)
        samples = tf.shape(batch["target"])[0]
        rows, mask = self._rows(batch, table)  # [B + A, L, E], [B + A, L]
        bottom = self._encoder("shared_bottom", rows, mask, rate)
        tasks = {"cvr": tf.range(samples)}
        for task, code in (("ita", 0), ("tia", 1)):
            if self.config.alignment[task]:
                of_task = (batch["alignment_task"] == code) | (batch["alignment_task"] == 2)
                tasks[task] = samples + tf.cast(tf.where(of_task)[:, 0], tf.int32)
        outputs = {}
        for task, index in tasks.items():
            task_rows, task_mask = tf.gather(bottom, index), tf.gather(mask, index)
            gates = self._gates(task, tf.gather(rows, index), task_mask)  # [n, M], 0 = not chosen
            mixed = self._mixture(task_rows, task_mask, gates, rate)
            further = self._field_logit(batch) if task == "cvr" else tf.zeros([], self.dtype)
            scores = self._tower(task, mixed, task_mask, further, rate)
            if task != "cvr":
                blank = tf.fill(tf.shape(batch["alignment_task"]), tf.cast(0.5, scores.dtype))
                scores = tf.tensor_scatter_nd_update(blank, (index - samples)[:, None], scores)
            outputs[task] = scores
        return outputs

    def _weight(self, layer: keras.layers.Layer, name: str) -> tf.Tensor:
        return tf.cast(tf.convert_to_tensor(getattr(layer, name)), self.dtype)

    def _item_table(self, batch: Tensors) -> tuple[tf.Tensor, tf.Tensor]:
        """Tokens [U, S, E] of every item of the batch with mask [U, S]; S = T + 2 + P, text first (eqs. 1, 2)."""
        spec, layer = self.spec, self.model.get_layer("item_tokens")
        text = spec.text_model(batch["items_piece_ids"]) if spec.text_model else batch["items_text"]
        image = spec.image_model(batch["items_pixels"]) if spec.image_model else batch["items_image"]
        text, image = tf.cast(text, self.dtype), tf.cast(image, self.dtype)
        text = tf.pad(text, [[0, 0], [0, spec.text_max_length - tf.shape(text)[1]], [0, 0]])
        length, has_image = batch["items_text_length"], batch["items_has_image"]
        if not self.config.model.use_text:
            text, length = tf.zeros_like(text[..., :1]), tf.minimum(length, 2)
        if not self.config.model.use_images:
            image, has_image = tf.zeros_like(image[..., :1]), tf.zeros_like(has_image)
        segment = self._weight(layer, "segment")
        text = text @ self._weight(layer, "text_kernel") + self._weight(layer, "text_bias")
        text += self._weight(layer, "text_position") + segment[0]
        image = image @ self._weight(layer, "image_kernel") + self._weight(layer, "image_bias")
        image += self._weight(layer, "image_position") + segment[1]
        text_mask = tf.sequence_mask(length, spec.text_max_length)
        image_mask = tf.repeat(has_image[:, None], spec.image_patches, 1)
        return tf.concat([text, image], 1), tf.concat([text_mask, image_mask], 1)

    def _rows(self, batch: Tensors, table: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """E_Input (eq. 3) of samples and alignment rows: [R, L, E] with mask [R, L]."""
        parts = [self._sample_rows(batch, table)]
        if "alignment_sample" in batch:
            parts.append(self._alignment_rows(batch, table))
        return tf.concat([tokens for tokens, _ in parts], 0), tf.concat([mask for _, mask in parts], 0)

    def _sample_rows(self, batch: Tensors, table: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        target, history = batch["target"], batch["history"]
        other = self._other(batch["fields"], tf.gather(batch["items_fields"], target))
        visible = tf.ones(tf.shape(other)[:2], tf.bool)
        tokens, mask = self._items(table, tf.concat([history, target[:, None]], 1), target)
        return tf.concat([other, tokens], 1), tf.concat([visible, mask], 1)

    def _alignment_rows(self, batch: Tensors, table: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        sample, text, image = (batch[f"alignment_{part}"] for part in ("sample", "text", "image"))
        alone = sample < 0
        fields = tf.gather(tf.pad(batch["fields"], [[1, 0], [0, 0]]), sample + 1)
        history = tf.gather(tf.pad(batch["history"], [[1, 0], [0, 0]]), sample + 1)
        target = tf.gather(tf.pad(batch["target"], [[1, 0]]), sample + 1)
        other = self._other(fields, tf.gather(batch["items_fields"], target))
        if self.config.alignment.context == "full":
            visible = tf.repeat(~alone[:, None], other.shape[1], 1)
        else:
            visible = tf.range(other.shape[1]) < self._context_fields()
            visible = visible[None, :] & ~alone[:, None]
            for item in (text, image, target):
                history = tf.where(history == item[:, None], 0, history)
        tokens, mask = self._items(table, tf.concat([history, text[:, None]], 1), image)
        return tf.concat([other, tokens], 1), tf.concat([visible, mask], 1)

    def _items(
        self, table: tuple[tf.Tensor, tf.Tensor], items: tf.Tensor, target_image: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Tokens of history and target (last): [R, (N + 1) S, E]; the target's patches are those of `target_image`."""
        text_length = self.spec.text_max_length
        tokens, mask = (tf.gather(part, items) for part in table)  # [R, N + 1, S, ...]
        image_tokens, image_mask = (tf.gather(part, target_image)[:, None, text_length:] for part in table)
        target = tf.concat([tokens[:, -1:, :text_length], image_tokens], 2)
        target_mask = tf.concat([mask[:, -1:, :text_length], image_mask], 2)
        tokens, mask = tf.concat([tokens[:, :-1], target], 1), tf.concat([mask[:, :-1], target_mask], 1)
        if self.config.model.slot_embedding:
            slots = self._weight(self.model.get_layer("row_tokens"), "slot_table")[::-1]  # oldest first, target last
            tokens += slots[None, :, None]
        shape = tf.shape(tokens)
        return tf.reshape(tokens, [shape[0], -1, tokens.shape[-1]]), tf.reshape(mask, [shape[0], -1])

    def _context_fields(self) -> int:
        return int(self.model.get_layer("row_tokens").context_fields)

    def _other(self, fields: tf.Tensor, item_fields: tf.Tensor) -> tf.Tensor:
        """E_Other: [R, F, E]."""
        parts = []
        for name, ids in (("sample_field_tokens", fields), ("item_field_tokens", item_fields)):
            layer, tokens = self.model.get_layer(name), self._embedded(name, ids)
            if layer.mode == "group":
                spans = [(a, b) for _, a, b in layer._spans]
                tokens = [
                    tf.concat(tokens[a:b], 1) @ tf.cast(tf.convert_to_tensor(kernel), self.dtype)
                    for (a, b), kernel in zip(spans, layer.kernels, strict=True)
                ]
            parts += tokens
        return tf.stack(parts, 1)

    def _embedded(self, name: str, ids: tf.Tensor) -> list[tf.Tensor]:
        """A vector [R, E] of each field."""
        layer = self.model.get_layer(name)
        matrix, first, vectors = self._weight(layer, "embeddings"), 0, []
        for column, size in enumerate(layer.sizes):
            vectors.append(tf.gather(matrix[first : first + size], ids[:, column]))
            first += size
        return vectors

    def _field_logit(self, batch: Tensors) -> tf.Tensor:
        """What all fields of a sample add to its logit, in training: [B]; zeros if there is no such part."""
        if not self.config.model.field_logit:
            return tf.zeros(tf.shape(batch["target"]), self.dtype)
        fields = (batch["fields"], tf.gather(batch["items_fields"], batch["target"]))
        names = ("logit_sample_fields", "logit_item_fields")
        vectors = [self._embedded(name, ids) for name, ids in zip(names, fields, strict=True)]
        content = self._content(batch) if self.config.model.field_logit_content else []
        hidden = tf.concat([*vectors[0], *vectors[1], *content], 1)
        for number in (1, 2):
            hidden = self._dense(f"logit_hidden_{number}", hidden)
            mean, variance = tf.nn.moments(hidden, 0)
            share = tf.sigmoid((hidden - mean) / tf.sqrt(variance + 1e-8))
            slope = self._weight(self.model.get_layer(f"logit_dice_{number}"), "slope_bias")
            hidden = share * hidden + (1 - share) * slope * hidden
        return self._dense("field_logit", hidden)[:, 0]

    def _content(self, batch: Tensors) -> list[tf.Tensor]:
        """The target's mean text state and mean patch, projected, or what stands for a missing one: 2 times [B, E]."""
        layer, target = self.model.get_layer("logit_content"), batch["target"]
        text, image = (tf.cast(tf.gather(batch[f"items_{part}"], target), self.dtype) for part in ("text", "image"))
        length = tf.gather(batch["items_text_length"], target)
        real = tf.sequence_mask(length, tf.shape(text)[1])
        means = {
            "text": tf.reduce_sum(tf.where(real[:, :, None], text, 0), 1)
            / tf.cast(tf.maximum(length, 1), self.dtype)[:, None],
            "image": tf.reduce_mean(image, 1),
        }
        there, missing = (length > 0, tf.gather(batch["items_has_image"], target)), self._weight(layer, "missing")
        vectors = []
        for number, (name, mean) in enumerate(means.items()):
            projection = layer.projections[name]
            vector = mean @ self._weight(projection, "kernel") + self._weight(projection, "bias")
            vectors.append(tf.where(there[number][:, None], vector, missing[number]))
        return vectors

    def _dense(self, name: str, inputs: tf.Tensor) -> tf.Tensor:
        layer = self.model.get_layer(name)
        return inputs @ self._weight(layer, "kernel") + self._weight(layer, "bias")

    def _encoder(self, layer: Any, tokens: tf.Tensor, mask: tf.Tensor, rate: float) -> tf.Tensor:
        """f_TSR on [R, L, E]."""
        layer = self.model.get_layer(layer) if isinstance(layer, str) else layer
        pre = layer.norm == "pre"
        inputs = layer.attention_norm(tokens) if pre else tokens
        qkv = inputs @ self._weight(layer, "qkv_kernel")
        query, key, value = tf.split(qkv, 3, -1)
        query += self._weight(layer, "query_bias")
        value += self._weight(layer, "value_bias")
        query, key, value = (self._heads(part, layer.num_heads) for part in (query, key, value))
        scores = query @ tf.linalg.matrix_transpose(key) / math.sqrt(query.shape[-1])
        scores += tf.where(mask, tf.zeros((), scores.dtype), tf.cast(-1e9, scores.dtype))[:, None, None, :]
        context = tf.transpose(tf.nn.softmax(scores) @ value, [0, 2, 1, 3])
        context = tf.reshape(context, tf.shape(tokens))
        branch = context @ self._weight(layer, "output_kernel") + self._weight(layer, "output_bias")
        hidden = tokens + self._dropped(branch, rate)
        hidden = hidden if pre else layer.attention_norm(hidden)
        branch = layer.feed_forward_norm(hidden) if pre else hidden
        branch = tf.nn.relu(branch @ self._weight(layer, "inner_kernel") + self._weight(layer, "inner_bias"))
        branch = branch @ self._weight(layer, "outer_kernel") + self._weight(layer, "outer_bias")
        output = hidden + self._dropped(branch, rate)
        return output if pre else layer.feed_forward_norm(output)

    @staticmethod
    def _heads(tokens: tf.Tensor, heads: int) -> tf.Tensor:
        shape = tf.shape(tokens)
        return tf.transpose(tf.reshape(tokens, [shape[0], shape[1], heads, tokens.shape[-1] // heads]), [0, 2, 1, 3])

    @staticmethod
    def _dropped(branch: tf.Tensor, rate: float) -> tf.Tensor:
        return tf.nn.dropout(branch, rate) if rate else branch

    def _gates(self, task: str, rows: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Weight of each expert, 0 for those not chosen: [n, M]."""
        layer = self.model.get_layer(f"gate_{task}")
        weights = tf.cast(mask, self.dtype)[:, :, None]
        mean = tf.reduce_sum(rows * weights, 1) / tf.maximum(tf.reduce_sum(weights, 1), 1)
        gates = tf.nn.softmax(mean @ self._weight(layer, "kernel"))
        least = tf.sort(gates, 1, "DESCENDING")[:, layer.experts_per_task - 1, None]
        gates = tf.where(gates >= least, gates, tf.zeros_like(gates))
        return gates / tf.reduce_sum(gates, 1, keepdims=True)

    def _mixture(self, rows: tf.Tensor, mask: tf.Tensor, gates: tf.Tensor, rate: float) -> tf.Tensor:
        """X^k of eq. 4 (or of the forms of FIDELITY 13): [n, L, E]."""
        layer = self.model.get_layer("mixture_of_experts")
        if layer.shared is not None:
            rows = self._encoder(layer.shared, rows, mask, rate)
        mixed = tf.zeros_like(rows)
        for j, expert in enumerate(layer.experts):
            gate = gates[:, j, None, None]
            if layer.gate_position == "output":
                mixed += gate * self._encoder(expert, rows, mask, rate)
            else:
                chosen = tf.cast(gate > 0, rows.dtype)
                mixed += chosen * self._encoder(expert, gate * rows, mask, rate)
        return mixed

    def _tower(self, task: str, rows: tf.Tensor, mask: tf.Tensor, further: tf.Tensor, rate: float) -> tf.Tensor:
        """y^k: the whole encoder, of which the classifier reads the target's [CLS], and what is added to its logits."""
        layer = self.model.get_layer(f"tower_{task}")
        place = tf.shape(rows)[1] - (self.spec.text_max_length + self.spec.image_patches)
        output = self._encoder(layer.encoder, rows, mask, rate)[:, place]
        output = layer.norm(output) if layer.norm is not None else output
        logits = output @ self._weight(layer.classifier, "kernel") + self._weight(layer.classifier, "bias")
        return tf.sigmoid(logits[:, 0] + further)

"""How many floating-point operations a training step of CameNN needs: matrix products only, on real tokens only."""

from __future__ import annotations

import collections
import dataclasses

import numpy as np
from ml_collections import ConfigDict

from camenn_tf.models.spec import ModelSpec

BACKWARD = 2  # a product's gradient is two products of its size


@dataclasses.dataclass(frozen=True)
class RowCounts:
    """What the rows of a step hold, as the literal form has them (no row shared between tasks).

    Attributes:
      lengths: real tokens of each (row, task): a positive alignment row of two tasks stands twice.
      distinct_lengths: real tokens of each row at the shared bottom, every row once.
      text_tokens, image_tokens: real tokens that are projected, each distinct item once.
      samples, items: rows of the samples' own fields and of items' fields.
    """

    lengths: np.ndarray
    distinct_lengths: np.ndarray
    text_tokens: int
    image_tokens: int
    samples: int
    items: int


def encoder_flops(lengths: np.ndarray, size: int, feed_forward: int) -> float:
    """Forward products of one encoder block over rows of these lengths.

    Per token 2 E (3E + E + 2 f E) for the projections and the feed-forward part, per pair of tokens of a row 4 E for
    the scores and the mixing.
    """
    tokens, pairs = float(lengths.sum()), float(np.square(lengths.astype(np.float64)).sum())
    return 2 * size * size * (4 + 2 * feed_forward) * tokens + 4 * size * pairs


def tower_flops(lengths: np.ndarray, size: int, feed_forward: int, heads: int) -> float:
    """Forward products of a tower that computes the [CLS] row alone, keys and values left unprojected."""
    rows, tokens = float(len(lengths)), float(lengths.sum())
    per_row = 2 * size * size * (4 + 2 * feed_forward) + 2 * size  # query, key, value, output, feed-forward, classifier
    return per_row * rows + 4 * size * heads * tokens


def field_flops(config: ConfigDict, counts: RowCounts, spec: ModelSpec) -> float:
    """Forward products on embedded fields and pooled contents: of groups to tokens, of the perceptron by the tower."""
    model, total = config.model, 0.0
    size = model.field_size or model.embedding_size
    if model.field_tokens == "group":
        for rows, fields in ((counts.samples, spec.sample_fields), (counts.items, spec.item_fields)):
            for count in collections.Counter(field.group for field in fields).values():
                inputs, hidden = count * size, model.group_hidden
                total += rows * (inputs * model.embedding_size + hidden * (inputs + model.embedding_size))
    if model.field_logit:
        inputs = (len(spec.sample_fields) + len(spec.item_fields) + 2 * model.field_logit_content) * size
        first, second = model.field_logit, max(model.field_logit // 2, 1)
        total += counts.samples * (inputs * first + first * second + second)
        total += counts.items * size * (spec.text_dim + spec.image_dim) * model.field_logit_content
    return 2 * total


def step_flops(config: ConfigDict, counts: RowCounts, spec: ModelSpec) -> float:
    """Forward and backward products of one step, encoders that train along not counted."""
    model = config.model
    size = model.embedding_size
    forward = 2 * size * (spec.text_dim * counts.text_tokens + spec.image_dim * counts.image_tokens)
    forward += field_flops(config, counts, spec)
    forward += encoder_flops(counts.distinct_lengths, size, model.feed_forward)
    if model.gate_position == "printed":
        forward += encoder_flops(counts.distinct_lengths, size, model.feed_forward)
    forward += model.experts_per_task * encoder_flops(counts.lengths, size, model.feed_forward)
    forward += tower_flops(counts.lengths, size, model.feed_forward, model.num_heads)
    return (1 + BACKWARD) * forward


def field_token_counts(config: ConfigDict, spec: ModelSpec) -> tuple[int, int]:
    """How many tokens the user and context fields make, and all fields together."""
    groups = [field.group for field in (*spec.sample_fields, *spec.item_fields)]
    if config.model.field_tokens == "group":
        groups = sorted(set(groups))
    return sum(group in ("user", "context") for group in groups), len(groups)


def row_counts(
    batch: dict[str, np.ndarray], config: ConfigDict, context_fields: int, fields: int, patches: int
) -> RowCounts:
    """Counts of a batch (numpy arrays of the contract's keys), following RowTokens' rules with masked context.

    Args:
      batch: numpy arrays.
      config: the whole configuration; of the samples the share `model.content_dropout` is counted without content.
      context_fields: tokens of user and context fields.
      fields: tokens of all fields.
      patches: P.
    """
    text = np.asarray(batch["items_text_length"], np.int64)
    image = patches * np.asarray(batch["items_has_image"], np.int64)
    target, history = np.asarray(batch["target"]), np.asarray(batch["history"])
    item = text + image
    hidden = np.arange(len(target)) < round(config.model.content_dropout * len(target))
    lengths = np.where(hidden, 1, item[target] + item[history].sum(1)) + fields
    rows, streams = [lengths], [lengths]
    if len(batch.get("alignment_sample", ())):
        alignment = _alignment_lengths(batch, config, text, image, context_fields, fields)
        rows.append(alignment)
        streams += [alignment, alignment[np.asarray(batch["alignment_task"]) == 2]]
    return RowCounts(
        lengths=np.concatenate(streams),
        distinct_lengths=np.concatenate(rows),
        text_tokens=int(text.sum()),
        image_tokens=int(image.sum()),
        samples=len(target),
        items=len(text),
    )


def _alignment_lengths(
    batch: dict[str, np.ndarray],
    config: ConfigDict,
    text: np.ndarray,
    image: np.ndarray,
    context_fields: int,
    fields: int,
) -> np.ndarray:
    sample, of_text, of_image = (np.asarray(batch[f"alignment_{part}"]) for part in ("sample", "text", "image"))
    lengths = text[of_text] + image[of_image]
    inside = sample >= 0
    target, history = np.asarray(batch["target"])[sample[inside]], np.asarray(batch["history"])[sample[inside]]
    if config.alignment.context == "full":
        lengths[inside] += fields
    else:
        for hidden in (target, of_text[inside], of_image[inside]):
            history = np.where(history == hidden[:, None], 0, history)
        lengths[inside] += context_fields
    lengths[inside] += (text + image)[history].sum(1)
    return lengths

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest

from camenn_tf.models import MODELS, flops
from tests.models.model_cases import SPEC, random_batch, small_config

LENGTHS = np.array([2, 3])
FIELDS = flops.field_token_counts(small_config(), SPEC)


def test_tokens_of_fields_and_of_groups() -> None:
    assert FIELDS == (3, 6)
    assert flops.field_token_counts(small_config(field_tokens="group"), SPEC) == (2, 4)


def test_samples_without_content_are_counted() -> None:
    batch = {key: value.numpy() for key, value in random_batch(samples=4).items() if not key.startswith("alignment_")}
    whole, half = (
        flops.row_counts(batch, small_config(content_dropout=share), *FIELDS, SPEC.image_patches).lengths
        for share in (0.0, 0.5)
    )
    assert half.tolist() == [1 + 6, 1 + 6, *whole[2:]]


def test_an_encoder_by_hand() -> None:
    # E = 2, f = 1; a token: 2 x 2 x 6 to queries, keys and values, 2 x 2 x 2 out of attention, twice 2 x 2 x 2 in the
    # feed-forward part, 48 in all, and 5 tokens. Scores and mixing: 2 x 2 each for 4 + 9 pairs of tokens.
    assert flops.encoder_flops(LENGTHS, size=2, feed_forward=1) == 5 * 48 + 13 * 8


def test_a_tower_by_hand() -> None:
    # A row: 48 as above (the key's and the value's product on the query's side) and 2 x 2 for the classifier. A token:
    # 2 x 2 for its score and 2 x 2 for its part in the mixture, for each of 2 heads.
    assert flops.tower_flops(LENGTHS, size=2, feed_forward=1, heads=2) == 2 * 52 + 5 * 16


def test_products_on_fields_by_hand() -> None:
    counts = flops.RowCounts(LENGTHS, LENGTHS, text_tokens=0, image_tokens=0, samples=2, items=5)
    assert flops.field_flops(small_config(), counts, SPEC) == 0  # a token a field is a look-up
    config = small_config(embedding_size=8, field_tokens="group", field_size=3, group_hidden=4, field_logit=6)
    # The 2 samples have a user field, two of context and a cross field, the 5 items have two. A group's n fields of 3
    # numbers go to 8 directly, 3 n x 8, and over 4 hidden units, 3 n x 4 + 4 x 8.
    one, two = 3 * 8 + 4 * (3 + 8), 6 * 8 + 4 * (6 + 8)
    groups = 2 * (one + two + one) + 5 * two
    perceptron = 2 * (6 * 3 * 6 + 6 * 3 + 3)  # six fields side by side, 6 units, 3 units, the logit
    assert flops.field_flops(config, counts, SPEC) == 2 * (groups + perceptron)
    config.model.field_logit_content = True  # text and picture of the 5 items, to 3 numbers each, as two more fields
    content = 5 * 3 * (SPEC.text_dim + SPEC.image_dim) + 2 * 6 * (2 * 3)
    assert flops.field_flops(config, counts, SPEC) == 2 * (groups + perceptron + content)


@pytest.mark.parametrize(("gate_position", "bottoms"), [("output", 1), ("printed", 2)])
def test_a_step_by_hand(gate_position: str, bottoms: int) -> None:
    config = small_config(
        embedding_size=2, feed_forward=1, num_heads=2, experts_per_task=3, gate_position=gate_position
    )
    spec = dataclasses.replace(SPEC, text_dim=5, image_dim=3)
    # Projections: 7 text tokens of 5 numbers and 4 patches of 3, to E = 2. The bottom sees row 1 of length 2 only.
    counts = flops.RowCounts(LENGTHS, LENGTHS[:1], text_tokens=7, image_tokens=4, samples=2, items=5)
    projections, bottom = 2 * 2 * (7 * 5 + 4 * 3), 2 * 48 + 4 * 8
    experts, towers = 3 * (5 * 48 + 13 * 8), 2 * 52 + 5 * 16
    expected = 3 * (projections + bottoms * bottom + experts + towers)
    assert flops.step_flops(config, counts, spec) == expected


@pytest.mark.parametrize("context", ["masked", "full"])
def test_counts_are_those_of_the_models_rows(context: str) -> None:
    config, batch = small_config(num_experts=1, experts_per_task=1), random_batch(seed=8, samples=12)
    config.alignment.context = context
    config.inputs.fixed_shapes = True  # no row is shared, as in the literal form
    model = MODELS["camenn"](config, SPEC)
    _, mask, _ = keras.tree.flatten(model.get_layer("row_tokens").output)
    lengths = keras.Model(model.input, {"mask": mask})(batch)["mask"].numpy().sum(1)
    counts = flops.row_counts({key: value.numpy() for key, value in batch.items()}, config, *FIELDS, SPEC.image_patches)
    np.testing.assert_array_equal(counts.distinct_lengths, lengths)
    both = batch["alignment_task"].numpy() == 2
    assert both.any()
    assert counts.lengths.sum() == lengths.sum() + lengths[12:][both].sum()
    assert len(counts.lengths) == len(lengths) + both.sum()
    assert counts.text_tokens == batch["items_text_length"].numpy().sum()
    assert counts.image_tokens == 4 * batch["items_has_image"].numpy().sum()


def test_counts_of_packed_rows_and_of_rows_without_alignment() -> None:
    config, batch = small_config(num_experts=1, experts_per_task=1), random_batch()
    model = MODELS["camenn"](config, SPEC)
    _, lengths, _ = keras.tree.flatten(model.get_layer("row_tokens").output)
    lengths = keras.Model(model.input, {"lengths": lengths})(batch)["lengths"].numpy()
    arrays = {key: value.numpy() for key, value in batch.items()}
    np.testing.assert_array_equal(
        flops.row_counts(arrays, config, *FIELDS, SPEC.image_patches).distinct_lengths, lengths
    )
    arrays = {key: value for key, value in arrays.items() if not key.startswith("alignment_")}
    alone = flops.row_counts(arrays, config, *FIELDS, SPEC.image_patches)
    np.testing.assert_array_equal(alone.lengths, lengths[:6])
    np.testing.assert_array_equal(alone.distinct_lengths, lengths[:6])

"""Which models a request must bring the fields of bought items for."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.models import MODELS, READ_BOUGHT_FIELDS
from tests.models.model_cases import SPEC, random_batch, small_config, spread_weights


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"fashionbert"}))
def test_only_some_models_read_the_fields_of_bought_items(name: str) -> None:
    config = small_config(field_logit=4)
    config.baseline.update({"hidden_units": (8,), "cin_units": (4,), "unit_sizes": (4,), "attention_size": 4})
    model = MODELS[name](config, SPEC)
    spread_weights(model)
    batch = random_batch(samples=3, items=9)
    batch["history"] = tf.constant([[0, 0, 1], [0, 2, 3], [1, 2, 3]])
    batch["target"] = tf.constant([4, 5, 6])
    other = np.array(batch["items_fields"])
    other[1:4] = (other[1:4] + 1) % [field.size for field in SPEC.item_fields]
    scores, changed = (
        model({key: values[key] for key in model.input}, training=False)["cvr"]
        for values in (batch, {**batch, "items_fields": tf.constant(other)})
    )
    assert (np.abs(scores - changed).max() > 1e-6) == (name in READ_BOUGHT_FIELDS)

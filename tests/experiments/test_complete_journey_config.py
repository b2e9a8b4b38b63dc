from __future__ import annotations

import calendar

from camenn_tf.config import default_config, override
from camenn_tf.dataset.columns import parse_time
from experiments.configs import comparison
from experiments.configs.complete_journey import get_config


def test_only_known_keys_with_known_types() -> None:
    config = default_config()
    override(config, get_config().to_dict())
    assert config.model.embedding_size >= 64
    assert config.model.history_length == config.prepare.history_length >= 5
    assert config.encode.image.grid == 3


def test_cuts_are_mondays() -> None:
    """Weeks of the source run from Monday to Sunday; the test of the real samples checks which weeks these are."""
    config = get_config().prepare
    for time, days in ((config.validation_from, (2017, 8, 21)), (config.test_from, (2017, 10, 2))):
        assert calendar.weekday(*days) == calendar.MONDAY
        assert parse_time(time) == calendar.timegm((*days, 0, 0, 0))


def test_make_train_trains_the_camenn_of_table_1() -> None:
    assert get_config().to_dict() == comparison.get_config("camenn").to_dict()

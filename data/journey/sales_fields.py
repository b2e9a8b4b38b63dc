"""Event columns about what a product and a store have sold, strictly before the basket."""

from __future__ import annotations

from data.journey.household_fields import SMOOTHING, Columns, first_purchases
from data.journey.moments import Moments
from data.journey.past_events import PastEvents

SALES_FIELDS = (
    "product_sales",
    "product_sales_7d",
    "product_sales_28d",
    "product_sales_91d",
    "product_sale_recency",
    "product_buyers",
    "product_sales_per_buyer",
    "store_product_sales",
    "store_product_sales_7d",
    "store_product_sales_28d",
    "store_product_sales_91d",
    "store_product_recency",
    "store_kind_sales_91d",
    "product_share_of_store_91d",
    "kind_share_of_store_91d",
    "product_share_of_store_kind",
    "product_trend",
    "store_product_trend",
    "store_share_of_product",
)


def sales_fields(at: Moments, sold: Moments) -> Columns:
    """Past sales of the product, of the product in this store and of its type in this store, and their ratios."""
    now = at.second
    product = PastEvents(sold.keys("product"), sold.second)
    here = PastEvents(sold.keys("product", "store"), sold.second)
    kind_here = PastEvents(sold.keys("kind", "store"), sold.second)
    store = PastEvents(sold.keys("store"), sold.second)
    firsts = first_purchases(sold)
    buyers = PastEvents(firsts.keys("product"), firsts.second)
    product_key, here_key = at.keys("product"), at.keys("product", "store")
    total, total_91d = product.count(product_key, now), product.count(product_key, now, 91)
    here_28d, here_91d = here.count(here_key, now, 28), here.count(here_key, now, 91)
    kind_91d = kind_here.count(at.keys("kind", "store"), now, 91)
    store_91d = store.count(at.keys("store"), now, 91)
    return {
        "product_sales": total,
        "product_sales_7d": product.count(product_key, now, 7),
        "product_sales_28d": product.count(product_key, now, 28),
        "product_sales_91d": total_91d,
        "product_sale_recency": product.recency(product_key, now),
        "product_buyers": buyers.count(product_key, now),
        "product_sales_per_buyer": total / (buyers.count(product_key, now) + SMOOTHING),
        "store_product_sales": here.count(here_key, now),
        "store_product_sales_7d": here.count(here_key, now, 7),
        "store_product_sales_28d": here_28d,
        "store_product_sales_91d": here_91d,
        "store_product_recency": here.recency(here_key, now),
        "store_kind_sales_91d": kind_91d,
        "product_share_of_store_91d": here_91d / (store_91d + SMOOTHING),
        "kind_share_of_store_91d": kind_91d / (store_91d + SMOOTHING),
        "product_share_of_store_kind": here_91d / (kind_91d + SMOOTHING),
        "product_trend": product.count(product_key, now, 28) / (total_91d + SMOOTHING),
        "store_product_trend": here_28d / (here_91d + SMOOTHING),
        "store_share_of_product": here_91d / (total_91d + SMOOTHING),
    }

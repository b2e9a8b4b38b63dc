"""The store as tables, in the contract's form, with the truth beside them."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from camenn_tf.dataset.schema import CrossRule, Field, Schema, save_schema
from data.corner.dirt import Dirt
from data.corner.kinds import CATEGORIES, GRADES, KINDS, TASTES
from data.corner.past import Past
from data.corner.people import AGES, DISTRICTS, HOUSEHOLDS, MEMBERS
from data.corner.traffic import LOG_BEGIN, Traffic
from data.corner.world import WEATHERS, World

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def store_schema() -> Schema:
    """The fields of the embedded store."""
    return Schema(
        fields=(
            Field("user_id", "user"),
            Field("household", "user"),
            Field("age", "user"),
            Field("member", "user"),
            Field("district", "user"),
            Field("item_id", "item"),
            Field("category", "item"),
            Field("shop", "item"),
            Field("price", "item", "numeric", buckets=6),
            Field("grams", "item", "numeric", buckets=5),
            Field("weather", "context"),
            Field("hour", "context"),
            Field("weekday", "context"),
            Field("discount", "context", "numeric", boundaries=(0.05, 0.15, 0.25)),
            Field("delivery_minutes", "context", "numeric", buckets=10),
            Field("distance_km", "cross", "numeric", buckets=8),
            Field("price_ratio", "cross", "numeric", buckets=8),
            Field("item_count", "cross", "numeric", boundaries=(1, 2), cross=CrossRule("count", "item_id")),
            Field("item_recency", "cross", "numeric", boundaries=(7, 21), cross=CrossRule("recency", "item_id")),
            Field("category_count", "cross", "numeric", buckets=8, cross=CrossRule("count", "category")),
            Field(
                "category_count_14",
                "cross",
                "numeric",
                boundaries=(1, 2, 3, 5),
                cross=CrossRule("count", "category", 14),
            ),
            Field("category_recency", "cross", "numeric", buckets=8, cross=CrossRule("recency", "category")),
            Field("shop_count", "cross", "numeric", boundaries=(1, 2, 3), cross=CrossRule("count", "shop")),
        )
    )


def write_tables(directory: str, world: World, traffic: Traffic, dirt: Dirt, past: Past) -> None:
    """Writes schema.json, items, users and events; the pictures are written elsewhere."""
    goods, people = world.goods, world.people
    n = len(goods)
    save_schema(store_schema(), os.path.join(directory, "schema.json"))
    _write(
        directory,
        "items.parquet",
        {
            "item_id": item_names(n),
            "text": [f"{title} {about}" for title, about in zip(dirt.titles, goods.descriptions, strict=True)],
            "image": [f"images/{name}.jpg" for name in item_names(n)],
            "category": _names(CATEGORIES, dirt.category),
            "shop": _names(goods.shop_names, goods.shop),
            "price": goods.price,
            "grams": goods.grams,
        },
    )
    _write(
        directory,
        "users.parquet",
        {
            "user_id": user_names(len(people)),
            "household": _names(HOUSEHOLDS, people.household),
            "age": _names(AGES, people.age),
            "member": _names(MEMBERS, people.member),
            "district": _names(DISTRICTS, people.district),
        },
    )
    users, items = np.array(user_names(len(people))), np.array(item_names(n))
    ratio = goods.price[traffic.item] / np.exp(past.mean_log_price)
    _write(
        directory,
        "events.parquet",
        {
            "user_id": users[traffic.user],
            "item_id": items[traffic.item],
            "timestamp": traffic.timestamp,
            "label": traffic.label.astype(np.int8),
            "session_id": [f"s{number:06d}" for number in traffic.session],
            "history_only": traffic.history_only,
            "weather": _names(WEATHERS, traffic.weather),
            "hour": traffic.hour,
            "weekday": _names(WEEKDAYS, ((traffic.timestamp - LOG_BEGIN) // 86400) % 7),
            "discount": traffic.discount,
            "delivery_minutes": traffic.delivery,
            "distance_km": traffic.distance,
            "price_ratio": pa.array(np.round(ratio, 3), mask=past.purchases == 0),
        },
    )


def write_truth(
    directory: str, world: World, traffic: Traffic, dirt: Dirt, past: Past, settings: dict[str, Any]
) -> None:
    """Writes `truth/`: what each item and event truly is, what each user truly likes. No training reads it."""
    goods, people = world.goods, world.people
    folder = os.path.join(directory, "truth")
    os.makedirs(folder)
    kind_of = goods.kind
    _write(
        folder,
        "items.parquet",
        {
            "item_id": item_names(len(goods)),
            "kind": [KINDS[k].key for k in kind_of],
            "grade": _names(GRADES, goods.grade),
            "taste": [KINDS[k].taste for k in kind_of],
            "meal": [KINDS[k].meal for k in kind_of],
            "warmth": [KINDS[k].warmth for k in kind_of],
            "category": _names(CATEGORIES, goods.category),
            "price_level": goods.price_level,
            "is_new": goods.is_new,
            "is_recent": goods.is_recent,
            "title": goods.titles,
            "picture_of": np.array(item_names(len(goods)))[dirt.picture_of],
            "vague_title": dirt.vague_title,
            "wrong_title": dirt.wrong_title,
            "wrong_category": dirt.wrong_category,
            "blurred_image": dirt.blurred_picture,
            "wrong_image": dirt.wrong_picture,
            "dirty": dirt.dirty,
        },
    )
    loved = [[TASTES[group] for group in np.flatnonzero(row)] for row in people.taste]
    favourites = [[KINDS[kind].key for kind in np.flatnonzero(row)] for row in people.favourite]
    _write(
        folder,
        "users.parquet",
        {"user_id": user_names(len(people)), "tastes": loved, "favourites": favourites, "thrift": people.thrift},
    )
    kinds = {
        name: [getattr(kind, name) for kind in KINDS]
        for name in ("key", "english", "chinese", "category", "taste", "meal", "warmth", "price", "grams")
    }
    _write(folder, "kinds.parquet", {**kinds, "popularity": world.kind_popularity()})
    e_kind = kind_of[traffic.item]
    _write(
        folder,
        "events.parquet",
        {
            "row": np.arange(len(traffic)),
            "probability": traffic.probability,
            "kind": [KINDS[k].key for k in e_kind],
            "grade": goods.grade[traffic.item],
            "taste": [KINDS[k].taste for k in e_kind],
            "meal": [KINDS[k].meal for k in e_kind],
            "warmth": np.array([kind.warmth for kind in KINDS])[e_kind],
            "price_level": goods.price_level[traffic.item],
            "hour_fit": world.hour_fit(traffic.hour, e_kind),
            "same_kind": past.same_kind / np.maximum(past.purchases, 1),
            "same_taste": past.same_taste / np.maximum(past.purchases, 1),
            "purchases": past.purchases,
        },
    )
    with open(os.path.join(folder, "store.json"), "w", encoding="utf-8") as file:
        json.dump(settings, file, indent=1)
        file.write("\n")


def item_names(count: int) -> list[str]:
    """Ids of the items."""
    return [f"i{number:04d}" for number in range(count)]


def user_names(count: int) -> list[str]:
    """Ids of the users."""
    return [f"u{number:05d}" for number in range(count)]


def _names(names: tuple[str, ...] | list[str], index: np.ndarray) -> list[str]:
    return [names[number] for number in index]


def _write(directory: str, name: str, columns: dict[str, Any]) -> None:
    pq.write_table(pa.table(columns), os.path.join(directory, name), compression="zstd")

"""The items table: one row a product, and one row a photo that alignment is judged on."""

from __future__ import annotations

import collections

import numpy as np
import pandas as pd

from data.journey.errors import SourceError
from data.journey.photos import HOW_TO_GET, Photo, choose

TEXT_COLUMNS = ("product_category", "product_type", "brand", "package_size")
FIELDS = ("product_type", "product_category", "brand", "manufacturer_id", "department", "package_size")
ALIGNMENT_SPLITS = ("train", "validation", "test")
CONTENTS = ("text", "image", "photo_class", "coarse_class")  # what a product is read and seen by


def with_photo_class(products: pd.DataFrame, photos: dict[str, list[Photo]]) -> pd.DataFrame:
    """Adds `photo_class`: of the classes its type is mapped to, the one that a hash of its id names.

    Raises SourceError for a class that has no train photo.
    """
    pictured = {photo.photo_class for photo in photos["train"]}
    for kind, classes in zip(products["product_type"], products["classes"], strict=True):
        for name in classes.split("|"):
            if name not in pictured:
                raise SourceError(f"class {name!r} of product type {kind!r} has no train photo; {HOW_TO_GET}")
    chosen = [
        choose(classes.split("|"), "class", product)
        for product, classes in zip(products["product_id"], products["classes"], strict=True)
    ]
    return products.drop(columns="classes").assign(photo_class=chosen)


def items_table(products: pd.DataFrame, photos: dict[str, list[Photo]]) -> pd.DataFrame:
    """The products, each with one train photo of its class fixed by a hash, then every photo with its class's name.

    The latter are pairs of text and image alone: those of the source's train split to learn alignment from, those of
    its val and test splits to judge it. A product's own text mostly leaves open which variety it is, and one of several
    classes that its type may be is chosen for it, so no judge could tell its photo from one of another variety.
    """
    train = _by_class(photos["train"])
    images = [
        choose(train[name], "photo", product).path
        for product, name in zip(products["product_id"], products["photo_class"], strict=True)
    ]
    coarse = {name: group[0].coarse_class for name, group in train.items()}
    described = products.assign(
        coarse_class=products["photo_class"].map(coarse),
        item_id=products["product_id"].astype(str),
        text=_texts(products),
        image=images,
        alignment_split="",
    )
    columns = ["item_id", "text", "image", *FIELDS, "photo_class", "coarse_class", "alignment_split"]
    described["manufacturer_id"] = described["manufacturer_id"].astype(str)
    named = [
        {
            "item_id": f"photo:{photo.name}",
            "text": _class_text(photo),
            "image": photo.path,
            "photo_class": photo.photo_class,
            "coarse_class": photo.coarse_class,
            "alignment_split": split,
        }
        for split in ALIGNMENT_SPLITS
        for photo in photos[split]
    ]
    return pd.concat([described[columns], pd.DataFrame(named, columns=columns)], ignore_index=True)


def with_shuffled_contents(items: pd.DataFrame) -> pd.DataFrame:
    """Gives each product the text and the photo of another one, both of the same, always in the same way.

    Fields, and the rows that alignment is judged on, stay: what conversion loses by it is what contents tell about a
    product, while texts and photos still fit each other.
    """
    products = np.flatnonzero(items["alignment_split"] == "")
    order = np.random.default_rng(1).permutation(products)
    taken = items.loc[order, list(CONTENTS)].to_numpy()  # of the next one in a random circle: nobody keeps its own
    shuffled = items.copy()
    shuffled.loc[np.roll(order, 1), list(CONTENTS)] = taken
    return shuffled


def _texts(products: pd.DataFrame) -> list[str]:
    """Category, type, brand and size as the source writes them; no class description, or a class would be one text."""
    return [
        ", ".join(part for part in parts if isinstance(part, str))
        for parts in products[list(TEXT_COLUMNS)].itertuples(index=False)
    ]


def _class_text(photo: Photo) -> str:
    """`Golden Delicious, Apple`; one name where fine and coarse class have the same."""
    names = (photo.photo_class.replace("-", " "), photo.coarse_class.replace("-", " "))
    return ", ".join(dict.fromkeys(names))


def _by_class(photos: list[Photo]) -> dict[str, list[Photo]]:
    groups: dict[str, list[Photo]] = collections.defaultdict(list)
    for photo in photos:
        groups[photo.photo_class].append(photo)
    return groups

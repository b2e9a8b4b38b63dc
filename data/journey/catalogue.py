"""The items table: one row a product, and one row a photo that alignment is judged on."""

from __future__ import annotations

import collections

import numpy as np
import pandas as pd

from data.journey.errors import SourceError
from data.journey.photos import HOW_TO_GET, Photo, choose

TEXT_COLUMNS = ("product_category", "product_type", "brand", "package_size")
FIELDS = ("product_type", "product_category", "brand", "manufacturer_id", "department", "package_size")
ALIGNMENT_SPLITS = ("validation", "test")
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
    """The products, each with one train photo of its class, then the rows for alignment on photos unseen in training.

    A photo of the source's val or test split is paired with the text and the fields of one product of its class, both
    fixed by hashes; photos of classes without a product are left out.
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
    of_class = dict(iter(described.groupby("photo_class")))
    extra = [
        {
            **of_class[photo.photo_class].iloc[choose(range(len(of_class[photo.photo_class])), photo.name)].to_dict(),
            "item_id": f"photo:{photo.name}",
            "image": photo.path,
            "alignment_split": split,
        }
        for split in ALIGNMENT_SPLITS
        for photo in photos[split]
        if photo.photo_class in of_class
    ]
    table = pd.concat([described, pd.DataFrame(extra, columns=described.columns)], ignore_index=True)[columns]
    return table.assign(manufacturer_id=table["manufacturer_id"].astype(str))


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


def _by_class(photos: list[Photo]) -> dict[str, list[Photo]]:
    groups: dict[str, list[Photo]] = collections.defaultdict(list)
    for photo in photos:
        groups[photo.photo_class].append(photo)
    return groups

"""Made-up sources in the layout of Complete Journey and GroceryStoreDataset, small enough for a test.

    python -m data.complete_journey_miniature --output=DIR
    python -m data.complete_journey --images=DIR/GroceryStoreDataset --transactions_dir=DIR/journey --output=TABLES

The columns, codes, time zone and odd rows (returns, goods that must not be mapped, doubled promotions, households
without demographics) are those of the real tables; the purchases and photos are drawn at random from a seed.
"""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
from absl import flags
from PIL import Image, ImageDraw

from camenn_tf.flags import run_main
from data.journey.purchases import TIME_ZONE

# class -> (group and kind in the source's folders, colour)
_CLASSES = {
    "Banana": ("Fruit", "Banana", (230, 210, 60)),
    "Lemon": ("Fruit", "Lemon", (250, 240, 90)),
    "Royal-Gala": ("Fruit", "Apple", (200, 60, 50)),
    "Pink-Lady": ("Fruit", "Apple", (220, 110, 130)),
    "Cucumber": ("Vegetables", "Cucumber", (50, 130, 60)),
    "Carrots": ("Vegetables", "Carrots", (240, 130, 30)),
    "Arla-Sour-Milk": ("Packages", "Sour-Milk", (120, 160, 220)),
}
# type, category, department, whether it is to be mapped
_TYPES = (
    ("BANANAS", "TROPICAL FRUIT", "PRODUCE", True),
    ("LEMONS", "CITRUS", "PRODUCE", True),
    ("APPLES FUJI (BULK&BAG)", "APPLES", "PRODUCE", True),
    ("CUCUMBERS", "VEGETABLES - ALL OTHERS", "PRODUCE", True),
    ("CARROTS MINI PEELED", "CARROTS", "PRODUCE", True),
    ("BUTTERMILK", "FLUID MILK PRODUCTS", "GROCERY", True),
    ("BANANAS", "FRZN FRUITS", "GROCERY", False),
    ("CARROTS - BULK", "VEGETABLES - SHELF STABLE", "GROCERY", False),
    ("CUCUMBERS", "PIES", "PASTRY", False),
    ("ICE - CRUSHED/CUBED", "FRZN ICE", "GROCERY", False),
)
_PRODUCTS_PER_TYPE = 4
_STORES = (296, 356, 406)
_FIRST_MONDAY = 1482710400  # 2016-12-26: weeks run from Monday to Sunday and the first one is 2017-01-01 alone
_SECOND_DAY = 7 * 86400  # 2017-01-02, from there
_WEEK = 7 * 86400
_WEEKS = 53
_PHOTOS = {"train": 4, "val": 1, "test": 2}  # a class
_PHOTO_SIZE = (64, 56)


def write_miniature(output: str, households: int = 24, baskets: int = 24, seed: int = 5) -> tuple[str, str]:
    """Writes both sources below `output`; the same arguments give the same files.

    Returns:
      The directories for `--images` and `--transactions_dir`.
    """
    generator = np.random.default_rng(seed)
    images, journey = os.path.join(output, "GroceryStoreDataset"), os.path.join(output, "journey")
    _write_photos(os.path.join(images, "dataset"), generator)
    os.makedirs(journey, exist_ok=True)
    products = _products(generator)
    tables = {
        "products": products,
        "transactions": _transactions(products["product_id"].to_numpy(), households, baskets, generator),
        "demographics": _demographics(households, generator),
        "promotions": _promotions(products["product_id"].to_numpy(), generator),
    }
    for name, table in tables.items():
        table.to_parquet(os.path.join(journey, f"{name}.parquet"), index=False)
    return images, journey


def mapped_kinds() -> list[tuple[str, str]]:
    """(type, category) of the goods that a photo exists for."""
    return [(kind, category) for kind, category, _, mapped in _TYPES if mapped]


def _products(generator: np.random.Generator) -> pd.DataFrame:
    rows = [
        {
            "product_id": 819000 + 17 * (number * _PRODUCTS_PER_TYPE + variety),
            "manufacturer_id": int(generator.choice([2, 69, 673])),
            "department": department,
            "brand": str(generator.choice(["National", "Private"])),
            "product_category": category,
            "product_type": kind,
            "package_size": [None, "3 LB", "5 LB", "64 OZ"][variety],
        }
        for number, (kind, category, department, _) in enumerate(_TYPES)
        for variety in range(_PRODUCTS_PER_TYPE)
    ]
    return pd.DataFrame(rows)


def _transactions(products: np.ndarray, households: int, baskets: int, generator: np.random.Generator) -> pd.DataFrame:
    """Households that mostly go to one store and mostly buy a few favourites."""
    rows = []
    for household in range(1, households + 1):
        favourites = generator.choice(products, 5, replace=False)
        for _ in range(baskets):
            local = _FIRST_MONDAY + int(generator.integers(_SECOND_DAY - 86400, _WEEKS * _WEEK))
            store = _STORES[household % 3] if generator.random() < 0.8 else int(generator.choice(_STORES))
            bought = np.unique(
                np.where(generator.random(3) < 0.6, generator.choice(favourites, 3), generator.choice(products, 3))
            )
            rows += [(household, store, local, int(product)) for product in bought]
    lines = pd.DataFrame(rows, columns=["household_id", "store_id", "local", "product_id"])
    lines = lines.sort_values("local", kind="stable").reset_index(drop=True)
    clock = pd.to_datetime(lines["local"], unit="s").dt.tz_localize(
        TIME_ZONE, nonexistent="shift_forward", ambiguous="NaT"
    )
    utc = clock.ffill().dt.tz_convert("UTC").dt.tz_localize(None)
    prices = generator.uniform(0.5, 4, len(lines)).round(2)
    return pd.DataFrame(
        {
            "household_id": lines["household_id"],
            "store_id": lines["store_id"],
            "basket_id": 31198570044 + lines.groupby(["local", "household_id"], sort=True).ngroup(),
            "product_id": lines["product_id"],
            "quantity": np.where(generator.random(len(lines)) < 0.01, 0, 1),
            "sales_value": prices,
            "retail_disc": 0.0,
            "coupon_disc": 0.0,
            "coupon_match_disc": 0.0,
            "week": 1 + (lines["local"] - _FIRST_MONDAY) // _WEEK,
            "transaction_timestamp": utc,
        }
    )


def _demographics(households: int, generator: np.random.Generator) -> pd.DataFrame:
    """Of every third household, as in the source."""
    known = np.arange(1, households + 1, 3)
    values: dict[str, list[str | None]] = {
        "age": ["25-34", "35-44", "65+"],
        "income": ["35-49K", "50-74K"],
        "home_ownership": ["Homeowner", "Renter", None],
        "marital_status": ["Married", "Unmarried", None],
        "household_size": ["1", "2"],
        "household_comp": ["1 Adult No Kids", "2 Adults No Kids"],
        "kids_count": ["0", "1"],
    }
    drawn = {
        name: [options[i] for i in generator.integers(0, len(options), len(known))] for name, options in values.items()
    }
    return pd.DataFrame({"household_id": known, **drawn})


def _promotions(products: np.ndarray, generator: np.random.Generator) -> pd.DataFrame:
    """A tenth of product x store x week is promoted; some rows stand twice with another code, as in the source."""
    index = pd.MultiIndex.from_product(
        [products, _STORES, range(1, _WEEKS + 1)], names=["product_id", "store_id", "week"]
    )
    cells = index.to_frame(index=False)
    chosen = cells[generator.random(len(cells)) < 0.1]
    table = pd.concat([chosen, chosen.iloc[::50]], ignore_index=True)
    return table.assign(
        display_location=generator.choice(["0", "2", "7", "A"], len(table)),
        mailer_location=generator.choice(["0", "A", "D"], len(table)),
    )


def _write_photos(root: str, generator: np.random.Generator) -> None:
    os.makedirs(root, exist_ok=True)
    kinds = sorted({kind for _, kind, _ in _CLASSES.values()})
    rows = [
        "Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),"
        "Iconic Image Path (str),Product Description Path (str)"
    ]
    lists: dict[str, list[str]] = {split: [] for split in _PHOTOS}
    for number, (name, (group, kind, colour)) in enumerate(_CLASSES.items()):
        coarse = kinds.index(kind)
        rows.append(f"{name},{number},{kind},{coarse},/iconic/{name}.jpg,/iconic/{name}.txt")
        for split, count in _PHOTOS.items():
            for shot in range(1, count + 1):
                relative = f"{split}/{group}/{kind}/{name}/{name}_{shot:03d}.jpg"
                path = os.path.join(root, relative)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                _photo(colour, generator).save(path, quality=90)
                lists[split].append(f"{relative}, {number}, {coarse}")
    for file_name, lines in {"classes.csv": rows, **{f"{split}.txt": lines for split, lines in lists.items()}}.items():
        with open(os.path.join(root, file_name), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def _photo(colour: tuple[int, int, int], generator: np.random.Generator) -> Image.Image:
    picture = Image.new("RGB", _PHOTO_SIZE, tuple(int(v) for v in generator.integers(90, 200, 3)))
    left, top = (int(v) for v in generator.integers(2, 16, 2))
    ImageDraw.Draw(picture).ellipse((left, top, left + 36, top + 32), fill=colour)
    return picture


if __name__ == "__main__":
    _OUTPUT = flags.DEFINE_string("output", "", "directory to write the two sources into", required=True)
    run_main(lambda argv: print(*write_miniature(_OUTPUT.value)))

"""Generates the embedded store: `python -m data.corner_store --output=DIR`."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from typing import Any

from absl import app, flags, logging

from data.corner.dirt import make_dirt
from data.corner.goods import make_goods
from data.corner.past import look_back
from data.corner.people import DISTRICTS, make_people
from data.corner.pictures import contact_sheet, write_pictures
from data.corner.store_settings import StoreSettings
from data.corner.store_tables import write_tables, write_truth
from data.corner.traffic import make_traffic
from data.corner.world import World

_DEFAULT = StoreSettings()
_OUTPUT = flags.DEFINE_string("output", None, "Directory to write the tables into; replaced when it holds a store.")
_SHEET = flags.DEFINE_string("contact_sheet", None, "Only draw one picture a kind into this PNG file.")
_SETTINGS: dict[str, flags.FlagHolder[Any]] = {
    "seed": flags.DEFINE_integer("seed", _DEFAULT.seed, "Seed of everything that is drawn."),
    "items": flags.DEFINE_integer("items", _DEFAULT.items, "Items."),
    "shops": flags.DEFINE_integer("shops", _DEFAULT.shops, "Shops."),
    "users": flags.DEFINE_integer("users", _DEFAULT.users, "Users."),
    "days": flags.DEFINE_integer("days", _DEFAULT.days, "Days of the log."),
    "sessions_a_day": flags.DEFINE_integer("sessions_a_day", _DEFAULT.sessions_a_day, "Sessions (5 samples) a day."),
    "test_days": flags.DEFINE_integer("test_days", _DEFAULT.test_days, "Last days, when new items are on sale."),
    "history_days": flags.DEFINE_integer("history_days", _DEFAULT.history_days, "Days of purchases before the log."),
    "new_items": flags.DEFINE_float("new_items", _DEFAULT.new_items, "Share of items first on sale in the test days."),
    "recent_items": flags.DEFINE_float("recent_items", _DEFAULT.recent_items, "Share first on sale just before."),
    "recent_days": flags.DEFINE_integer("recent_days", _DEFAULT.recent_days, "How many days before the test days."),
    "language": flags.DEFINE_enum("language", _DEFAULT.language, ["zh", "en"], "Language of the texts."),
    "picture_size": flags.DEFINE_integer("picture_size", _DEFAULT.picture_size, "Pixels a side.", lower_bound=16),
    "vague_title": flags.DEFINE_float("vague_title", _DEFAULT.vague_title, "Share of items with a vague title."),
    "wrong_title": flags.DEFINE_float("wrong_title", _DEFAULT.wrong_title, "Share with another item's title."),
    "wrong_category": flags.DEFINE_float("wrong_category", _DEFAULT.wrong_category, "Share on a wrong shelf."),
    "blurred_picture": flags.DEFINE_float("blurred_picture", _DEFAULT.blurred_picture, "Share with a blurred picture."),
    "wrong_picture": flags.DEFINE_float("wrong_picture", _DEFAULT.wrong_picture, "Share with another item's picture."),
}


def write_store(directory: str, settings: StoreSettings) -> None:
    """Writes the whole store aside and renames it into place.

    Raises:
      FileExistsError: `directory` holds something that is not a store.
    """
    if os.path.isdir(directory) and os.listdir(directory) and not os.path.exists(_mark(directory)):
        raise FileExistsError(f"--output={directory}: holds other files than a store; name a new directory")
    goods = make_goods(settings, len(DISTRICTS))
    world = World(goods, make_people(settings.users, settings.seed), settings.seed)
    traffic = make_traffic(settings, world)
    past = look_back(traffic, goods)
    dirt = make_dirt(settings, goods)
    aside = f"{os.path.abspath(directory)}.{os.getpid()}.tmp"
    try:
        os.makedirs(aside)
        write_tables(aside, world, traffic, dirt, past)
        write_truth(aside, world, traffic, dirt, past, dataclasses.asdict(settings))
        write_pictures(aside, settings, goods, dirt)
        if os.path.isdir(directory):
            shutil.rmtree(directory)
        os.rename(aside, directory)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _mark(directory: str) -> str:
    return os.path.join(directory, "truth", "store.json")


def main(argv: list[str]) -> None:
    """Parses, generates, says where."""
    if len(argv) > 1:
        raise app.UsageError(f"unexpected argument {argv[1]!r}; everything is a flag")
    if _SHEET.value:
        contact_sheet(_SETTINGS["seed"].value).save(_SHEET.value, optimize=True)
        logging.info("wrote %s", _SHEET.value)
        return
    if not _OUTPUT.value:
        raise app.UsageError("--output=DIR is needed")
    start = time.monotonic()
    try:
        settings = StoreSettings(**{name: flag.value for name, flag in _SETTINGS.items()})
    except ValueError as error:
        raise app.UsageError(str(error)) from error
    write_store(_OUTPUT.value, settings)
    logging.info("wrote %s in %.0f s", _OUTPUT.value, time.monotonic() - start)


if __name__ == "__main__":
    app.run(main)

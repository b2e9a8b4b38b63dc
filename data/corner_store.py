"""Generates the embedded store: `python -m data.corner_store --output=DIR`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from absl import flags, logging

from camenn_tf.errors import UserError
from camenn_tf.flags import run_main
from data.corner.pictures import contact_sheet
from data.corner.store_settings import StoreSettings

_DEFAULT = StoreSettings()
_OUTPUT = flags.DEFINE_string("output", None, "Directory to write the tables into; replaced when it holds a store.")
_SHEET = flags.DEFINE_string("contact_sheet", None, "Only draw one picture a kind into this PNG file.")
_SETTINGS: dict[str, flags.FlagHolder[Any]] = {
    "seed": flags.DEFINE_integer("seed", _DEFAULT.seed, "Seed of everything that is drawn.", lower_bound=0),
    "items": flags.DEFINE_integer("items", _DEFAULT.items, "Items."),
    "shops": flags.DEFINE_integer("shops", _DEFAULT.shops, "Shops."),
    "users": flags.DEFINE_integer("users", _DEFAULT.users, "Users."),
    "days": flags.DEFINE_integer("days", _DEFAULT.days, "Days of the log."),
    "sessions_a_day": flags.DEFINE_integer("sessions_a_day", _DEFAULT.sessions_a_day, "Sessions (5 samples) a day."),
    "test_days": flags.DEFINE_integer("test_days", _DEFAULT.test_days, "Last days, when new items are on sale."),
    "exposed": flags.DEFINE_integer(
        "exposed", _DEFAULT.exposed, "Items of a test session whose every exposure is answered; 0 = as in the log."
    ),
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


def main(_: Sequence[str]) -> None:
    """Parses, generates, says where."""
    if _SHEET.value:
        contact_sheet(_SETTINGS["seed"].value).save(_SHEET.value, optimize=True)
        logging.info("wrote %s", _SHEET.value)
        return
    if not _OUTPUT.value:
        raise UserError("--output=DIR is needed")
    start = time.monotonic()
    try:
        settings = StoreSettings(**{name: flag.value for name, flag in _SETTINGS.items()})
    except ValueError as error:
        raise UserError(str(error)) from error
    from data.corner.store import write_store  # after the flags: --help should not wait for Beam

    write_store(_OUTPUT.value, settings)
    logging.info("wrote %s in %.0f s", _OUTPUT.value, time.monotonic() - start)


if __name__ == "__main__":
    run_main(main)

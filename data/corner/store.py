"""The whole store in one directory, written aside and renamed."""

from __future__ import annotations

import dataclasses
import os
import shutil

from data.corner.dirt import make_dirt
from data.corner.goods import make_goods
from data.corner.past import look_back
from data.corner.people import DISTRICTS, make_people
from data.corner.pictures import write_pictures
from data.corner.store_settings import StoreSettings
from data.corner.store_tables import write_tables, write_truth
from data.corner.traffic import make_traffic
from data.corner.world import World


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

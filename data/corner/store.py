"""The whole store in one directory, which appears whole or not at all."""

from __future__ import annotations

import dataclasses

from camenn_tf.dataset.storage import refuse_foreign, written_aside
from data.corner.dirt import make_dirt
from data.corner.goods import make_goods
from data.corner.past import look_back
from data.corner.people import DISTRICTS, make_people
from data.corner.pictures import write_pictures
from data.corner.store_settings import StoreSettings
from data.corner.store_tables import write_tables, write_truth
from data.corner.traffic import make_traffic
from data.corner.world import World

_MARK = "truth/store.json"  # a directory that has it is a store


def write_store(directory: str, settings: StoreSettings) -> None:
    """Writes the whole store; one that is there already is replaced when the new one is complete.

    Raises:
      UserError: `directory` holds something that is not a store.
    """
    refuse_foreign(directory, _MARK)
    goods = make_goods(settings, len(DISTRICTS))
    world = World(goods, make_people(settings.users, settings.seed), settings.seed)
    traffic = make_traffic(settings, world)
    past = look_back(traffic, goods)
    dirt = make_dirt(settings, goods)
    with written_aside(directory) as aside:
        write_tables(aside, world, traffic, dirt, past)
        write_truth(aside, world, traffic, dirt, past, dataclasses.asdict(settings))
        write_pictures(aside, settings, goods, dirt)

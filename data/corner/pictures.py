"""The item pictures of a store as files, and the contact sheet of all kinds."""

from __future__ import annotations

import os

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data.corner.dirt import Dirt
from data.corner.goods import Goods
from data.corner.kinds import KINDS
from data.corner.scene import ShopStyle, blurred, draw_picture, jpeg, shop_style
from data.corner.store_settings import StoreSettings
from data.corner.store_tables import item_names

_SHEET_COLUMNS = 11
_SHEET_SIDE = 88
_SHEET_STYLE = ShopStyle("plain", (245, 243, 238), 1.0, 3.0, 1, 1.0, 0.0, -1)


def item_picture(settings: StoreSettings, goods: Goods, item: int) -> Image.Image:
    """The clean picture of one item, the same at every call."""
    generator = np.random.default_rng([settings.seed, 7, item])
    style = shop_style(settings.seed, int(goods.shop[item]))
    return draw_picture(KINDS[goods.kind[item]].key, style, settings.picture_size, generator, int(goods.grade[item]))


def write_pictures(directory: str, settings: StoreSettings, goods: Goods, dirt: Dirt) -> None:
    """Writes `images/<item_id>.jpg` as the shops show them, and `truth/images/<item_id>.jpg` where that is spoilt."""
    os.makedirs(os.path.join(directory, "images"))
    os.makedirs(os.path.join(directory, "truth", "images"))
    names = item_names(len(goods))
    clean = [item_picture(settings, goods, item) for item in range(len(goods))]
    for item, name in enumerate(names):
        shown = clean[dirt.picture_of[item]]
        if dirt.blurred_picture[item]:
            shown = blurred(shown)
        _save(os.path.join(directory, "images", f"{name}.jpg"), jpeg(shown))
        if dirt.blurred_picture[item] or dirt.wrong_picture[item]:
            _save(os.path.join(directory, "truth", "images", f"{name}.jpg"), jpeg(clean[item]))


def contact_sheet(seed: int) -> Image.Image:
    """One clean picture a kind, with its English name under it."""
    cell = _SHEET_SIDE + 6
    rows = -(-len(KINDS) // _SHEET_COLUMNS)
    sheet = Image.new("RGB", (_SHEET_COLUMNS * cell, rows * (cell + 14)), (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(10.5)
    for number, kind in enumerate(KINDS):
        left, top = number % _SHEET_COLUMNS * cell, number // _SHEET_COLUMNS * (cell + 14)
        picture = draw_picture(kind.key, _SHEET_STYLE, _SHEET_SIDE, np.random.default_rng([seed, 8, number]))
        sheet.paste(picture, (left + 3, top + 3))
        draw.text((left + cell / 2, top + cell + 5), kind.english, (30, 30, 30), font, anchor="mm")
    return sheet


def _save(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)

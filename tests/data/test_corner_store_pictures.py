"""The drawings: one for each kind, different, and taken as the shop takes pictures."""

import io

import numpy as np
from PIL import Image

from data.corner.kinds import CATEGORIES, GRADES, KINDS, MEALS, TASTES
from data.corner.pictures import contact_sheet
from data.corner.scene import DRAWINGS, ShopStyle, blurred, draw_picture, jpeg, shop_style

PLAIN = ShopStyle("plain", (245, 243, 238), 1.0, 0.0, 1, 1.0, 0.0, -1)


def _draw(kind: str, style: ShopStyle = PLAIN, seed: int = 1) -> np.ndarray:
    return np.asarray(draw_picture(kind, style, 32, np.random.default_rng(seed)), dtype=float)


def test_every_kind_has_names_and_a_drawing_of_its_own() -> None:
    assert len(KINDS) >= 60
    assert sorted(DRAWINGS) == sorted(kind.key for kind in KINDS)
    assert len({kind.chinese for kind in KINDS}) == len({kind.english for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert (kind.category in CATEGORIES, kind.taste in TASTES, kind.meal in MEALS) == (True, True, True)
    words = [word for kind in KINDS for word in (kind.chinese, *kind.synonyms)]
    assert len(words) == len(set(words))


def test_no_two_kinds_look_alike() -> None:
    pictures = np.stack([_draw(kind.key) for kind in KINDS])
    apart = np.abs(pictures[:, None] - pictures[None]).mean(axis=(2, 3, 4))
    assert apart[~np.eye(len(KINDS), dtype=bool)].min() > 5.0


def test_picture_depends_on_generator_and_shop_only() -> None:
    assert (_draw("apple") == _draw("apple")).all()
    assert (_draw("apple") != _draw("apple", shop_style(1, 4))).any()
    assert shop_style(1, 4) == shop_style(1, 4)
    assert len({shop_style(1, shop) for shop in range(10)}) == 10


def test_blur_removes_edges() -> None:
    clean = draw_picture("corn", PLAIN, 64, np.random.default_rng(1))
    edges = [np.abs(np.diff(np.asarray(p, dtype=float), axis=1)).mean() for p in (clean, blurred(clean))]
    assert edges[1] < edges[0] / 2


def test_jpeg_decodes_to_the_picture() -> None:
    picture = draw_picture("crab", PLAIN, 64, np.random.default_rng(1))
    again = np.asarray(Image.open(io.BytesIO(jpeg(picture))), dtype=float)
    assert again.shape == (64, 64, 3)
    assert np.abs(again - np.asarray(picture, dtype=float)).mean() < 8


def test_contact_sheet_has_a_cell_for_each_kind() -> None:
    sheet = contact_sheet(1)
    assert sheet.size == (11 * 94, -(-len(KINDS) // 11) * 108)


def test_stickers_show_the_grade_in_the_upper_left_corner_alone() -> None:
    clearance, ordinary, premium = (
        np.asarray(draw_picture("apple", PLAIN, 64, np.random.default_rng(1), grade), dtype=int)
        for grade in range(len(GRADES))
    )
    assert np.abs(clearance[2, 2] - [208, 24, 32]).max() < 12  # red
    assert np.abs(premium[10, 5] - [255, 208, 64]).max() < 12  # gold
    assert (ordinary[2, 2] == ordinary[2, 60]).all()
    for picture in (clearance, premium):
        assert (picture[26:] == ordinary[26:]).all()
        assert (picture[:, 26:] == ordinary[:, 26:]).all()

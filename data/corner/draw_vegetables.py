"""Drawings of vegetables."""

from __future__ import annotations

import math
from collections.abc import Callable

from data.corner.pen import Pen

_GREEN = (78, 148, 54)


def _carrot(pen: Pen) -> None:
    for turn in (-115, -95, -75, -55, -135):
        pen.leaf(0.0, -0.4, 0.62, turn, pen.vary((62, 146, 52), 8), 0.24)
    pen.shape(
        [(-0.3, -0.42), (0.3, -0.42), (0.22, 0.2), (0.05, 0.95), (-0.05, 0.95), (-0.22, 0.2)],
        pen.vary((240, 122, 28), 6),
    )
    pen.oval(0.0, -0.42, 0.3, 0.13, (240, 122, 28))
    for y, half in ((-0.2, 0.16), (0.02, -0.14), (0.25, 0.1), (0.48, -0.08)):
        pen.line([(half * 1.6, y), (half * 0.4, y + 0.02)], (196, 88, 12), 0.04)


def _tomato(pen: Pen) -> None:
    pen.oval(0.0, 0.1, 0.84, 0.7, pen.vary((224, 52, 34), 6))
    pen.oval(-0.4, -0.14, 0.14, 0.1, (250, 160, 140), -25)
    for turn in (-162, -126, -90, -54, -18, 18, 162):
        pen.leaf(0.0, -0.42, 0.48, turn, (56, 130, 44), 0.26)
    pen.line([(0.0, -0.42), (0.04, -0.74)], (70, 126, 44), 0.1)


def _cucumber(pen: Pen) -> None:
    pen.line([(-0.7, 0.34), (-0.2, -0.06), (0.3, -0.4), (0.66, -0.62)], pen.vary((44, 112, 44), 5), 0.46)
    pen.line([(-0.6, 0.16), (0.56, -0.68)], (84, 152, 70), 0.05)
    for x, y in ((0.06, 0.62), (0.52, 0.36)):
        pen.oval(x, y, 0.3, 0.28, (44, 112, 44))
        pen.oval(x, y, 0.25, 0.23, (206, 230, 160))
        for number in range(6):
            a = math.radians(number * 60)
            pen.oval(x + 0.11 * math.cos(a), y + 0.1 * math.sin(a), 0.03, 0.045, (240, 246, 214))


def _eggplant(pen: Pen) -> None:
    purple = pen.vary((76, 28, 98), 6)
    pen.egg(-0.1, 0.24, 0.5, 0.66, purple, 0.15, 20)
    pen.egg(0.16, -0.2, 0.34, 0.5, purple, 0.2, 28)
    pen.oval(-0.3, 0.2, 0.07, 0.34, (150, 100, 176), 20)
    for turn in (60, 95, 130, 165):
        pen.leaf(0.42, -0.62, 0.42, turn, _GREEN, 0.5)
    pen.line([(0.42, -0.62), (0.62, -0.92)], (96, 130, 60), 0.14)


def _broccoli(pen: Pen) -> None:
    pen.shape([(-0.22, 0.1), (0.22, 0.1), (0.2, 0.92), (-0.2, 0.92)], (160, 196, 110))
    pen.line([(-0.1, 0.5), (-0.46, 0.1)], (160, 196, 110), 0.2)
    pen.line([(0.1, 0.5), (0.46, 0.1)], (160, 196, 110), 0.2)
    for x, y, r in (
        (-0.52, -0.02, 0.36),
        (0.52, -0.02, 0.36),
        (-0.28, -0.42, 0.38),
        (0.28, -0.42, 0.38),
        (0.0, -0.1, 0.42),
    ):
        pen.oval(x, y, r, r * 0.92, (44, 108, 44))
        pen.dots(x, y, r * 0.95, r * 0.9, 34, 0.05, ((58, 130, 54), (80, 152, 70), (38, 96, 40)))


def _corn(pen: Pen) -> None:
    pen.oval(0.0, -0.06, 0.36, 0.86, (226, 170, 26))
    for row in range(12):
        for column in range(-3, 4):
            x, y = column * 0.1, -0.82 + row * 0.135
            if (x / 0.36) ** 2 + ((y + 0.06) / 0.86) ** 2 < 0.96:
                pen.box(x - 0.045, y - 0.06, x + 0.045, y + 0.06, pen.vary((252, 212, 62), 8), 0.03)
    pen.leaf(-0.06, 0.95, 1.15, -122, pen.vary((104, 164, 66), 6), 0.4)
    pen.leaf(0.06, 0.95, 1.15, -58, pen.vary((84, 148, 56), 6), 0.4)
    pen.line([(0.0, 0.8), (0.0, 0.96)], (120, 160, 80), 0.2)


def _potato(pen: Pen) -> None:
    for x, y, turn in ((-0.3, -0.3, -20), (0.24, 0.3, 15)):
        pen.oval(x, y, 0.62, 0.46, pen.vary((196, 152, 92), 6), turn)
        pen.dots(x, y, 0.5, 0.36, 16, 0.03, ((150, 108, 60), (170, 126, 74)))


def _chili(pen: Pen) -> None:
    for x, tilt in ((-0.42, -0.1), (0.0, 0.06), (0.42, 0.2)):
        pen.egg(x + tilt * 0.3, 0.18, 0.19, 0.72, pen.vary((206, 20, 24), 8), -0.75, -tilt * 60)
        pen.oval(x + tilt * 0.1, -0.42, 0.17, 0.1, (64, 130, 46))
        pen.line([(x + tilt * 0.1, -0.46), (x - 0.04, -0.86)], (76, 138, 52), 0.08)


def _garlic(pen: Pen) -> None:
    white = pen.vary((240, 232, 226), 4)
    pen.egg(0.0, 0.26, 0.76, 0.6, white, 0.28)
    pen.shape([(-0.2, -0.2), (-0.07, -0.92), (0.09, -0.92), (0.2, -0.2)], white)
    for x in (-0.42, -0.16, 0.16, 0.42):
        pen.line([(x * 0.3, -0.5), (x * 1.1, 0.2), (x * 0.8, 0.78)], (186, 150, 176), 0.035)
    pen.oval(0.0, 0.82, 0.24, 0.09, (170, 140, 110))


def _onion(pen: Pen) -> None:
    purple = pen.vary((150, 44, 98), 7)
    pen.oval(0.0, 0.18, 0.78, 0.64, purple)
    pen.shape([(-0.3, -0.34), (0.0, -0.92), (0.3, -0.34)], (186, 120, 80))
    for x in (-0.6, -0.32, 0.0, 0.32, 0.6):
        pen.line([(x * 0.2, -0.46), (x, 0.14), (x * 0.5, 0.76)], (212, 134, 172), 0.04)
    for x in (-0.12, -0.04, 0.04, 0.12):
        pen.line([(x, 0.78), (x * 1.8, 0.95)], (206, 180, 150), 0.04)


def _pumpkin(pen: Pen) -> None:
    for x, rx, colour in (
        (-0.56, 0.38, (206, 100, 14)),
        (0.56, 0.38, (206, 100, 14)),
        (-0.3, 0.38, (230, 120, 22)),
        (0.3, 0.38, (230, 120, 22)),
        (0.0, 0.34, (246, 140, 36)),
    ):
        pen.oval(x, 0.16, rx, 0.62, pen.vary(colour, 4))
    pen.shape([(-0.13, -0.4), (-0.08, -0.84), (0.14, -0.9), (0.13, -0.4)], (96, 116, 50))


def _cabbage(pen: Pen) -> None:
    pen.oval(0.0, 0.0, 0.6, 0.9, pen.vary((150, 196, 96), 6))
    for x, rx, colour in ((-0.3, 0.34, (180, 216, 120)), (0.3, 0.34, (180, 216, 120)), (0.0, 0.36, (206, 230, 150))):
        pen.oval(x, -0.1, rx, 0.74, colour)
    for x in (-0.34, 0.0, 0.34):
        pen.shape([(x * 0.5 - 0.16, 0.88), (x * 0.5 + 0.16, 0.88), (x + 0.03, -0.5), (x - 0.03, -0.5)], (246, 248, 236))
    for x in (-0.5, -0.2, 0.2, 0.5):
        pen.oval(x, -0.62, 0.2, 0.16, pen.vary((120, 178, 74), 6))


def _shiitake(pen: Pen) -> None:
    for x, y, s in ((-0.36, -0.24, 1.0), (0.4, 0.24, 1.0)):
        pen.box(x - 0.13 * s, y, x + 0.13 * s, y + 0.62 * s, (232, 214, 184), 0.1)
        pen.oval(x, y, 0.54 * s, 0.36 * s, pen.vary((110, 68, 40), 6))
        pen.oval(x, y + 0.24 * s, 0.5 * s, 0.12 * s, (214, 186, 148))
        for turn in (0, 60, 120):
            a = math.radians(turn)
            dx, dy = 0.24 * s * math.cos(a), 0.13 * s * math.sin(a)
            pen.line([(x - dx, y - 0.1 - dy), (x + dx, y - 0.1 + dy)], (236, 214, 176), 0.05)


def _radish(pen: Pen) -> None:
    for turn in (-150, -125, -100, -75, -50):
        pen.leaf(-0.36, -0.46, 0.58, turn, pen.vary((64, 142, 56), 8), 0.4)
    pen.shape([(-0.62, -0.3), (-0.18, -0.56), (0.52, 0.4), (0.78, 0.9), (0.32, 0.7)], pen.vary((244, 246, 240), 3))
    pen.oval(-0.4, -0.42, 0.26, 0.22, (206, 226, 170), -30)
    for x, y in ((-0.1, 0.0), (0.14, 0.3), (0.34, 0.5)):
        pen.line([(x - 0.06, y + 0.05), (x + 0.08, y - 0.03)], (196, 200, 190), 0.03)


def _lotus_root(pen: Pen) -> None:
    pen.oval(-0.4, -0.46, 0.52, 0.36, pen.vary((206, 170, 130), 6), -25)
    pen.oval(0.44, -0.72, 0.3, 0.22, (206, 170, 130), -25)
    pen.oval(0.1, 0.26, 0.7, 0.66, (196, 158, 118))
    pen.oval(0.1, 0.26, 0.63, 0.59, (246, 234, 214))
    for number in range(7):
        a = math.radians(number * 360 / 7)
        pen.oval(0.1 + 0.38 * math.cos(a), 0.26 + 0.36 * math.sin(a), 0.12, 0.11, (150, 108, 74))
    pen.oval(0.1, 0.26, 0.1, 0.1, (150, 108, 74))


VEGETABLES: dict[str, Callable[[Pen], None]] = {
    "carrot": _carrot,
    "tomato": _tomato,
    "cucumber": _cucumber,
    "eggplant": _eggplant,
    "broccoli": _broccoli,
    "corn": _corn,
    "potato": _potato,
    "chili": _chili,
    "garlic": _garlic,
    "onion": _onion,
    "pumpkin": _pumpkin,
    "cabbage": _cabbage,
    "shiitake": _shiitake,
    "radish": _radish,
    "lotus_root": _lotus_root,
}

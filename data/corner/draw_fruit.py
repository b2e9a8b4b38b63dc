"""Drawings of fruit."""

from __future__ import annotations

import math
from collections.abc import Callable

from data.corner.pen import Pen

_GREEN = (86, 150, 60)
_BROWN = (104, 70, 40)


def _apple(pen: Pen) -> None:
    red = pen.vary((206, 34, 40))
    pen.egg(-0.25, 0.12, 0.52, 0.66, red, -0.18)
    pen.egg(0.25, 0.12, 0.52, 0.66, red, -0.18)
    pen.oval(0.0, -0.47, 0.2, 0.09, (140, 20, 26))
    pen.line([(0.0, -0.44), (0.06, -0.82)], _BROWN, 0.08)
    pen.leaf(0.06, -0.66, 0.5, -25, _GREEN, 0.5)
    pen.oval(-0.38, -0.14, 0.1, 0.2, (240, 130, 120), 25)


def _banana(pen: Pen) -> None:
    for r, colour in ((0.95, (214, 176, 30)), (0.74, (240, 206, 52)), (0.54, (252, 224, 84))):
        pen.crescent(0.12, -0.72, r + 0.3, 0.32, 32, 150, pen.vary(colour, 6))
    pen.line([(-0.72, -0.36), (-0.9, -0.2), (-0.96, -0.12)], _BROWN, 0.12)
    pen.oval(-0.86, -0.2, 0.12, 0.12, (110, 86, 30))
    for x, y in ((0.86, -0.02), (0.82, -0.2), (0.72, -0.28)):
        pen.oval(x, y, 0.07, 0.07, (90, 66, 30))


def _orange(pen: Pen) -> None:
    pen.oval(-0.12, -0.1, 0.68, 0.68, pen.vary((244, 140, 22), 7))
    pen.dots(-0.12, -0.1, 0.58, 0.58, 60, 0.018, ((220, 112, 8),))
    pen.leaf(-0.16, -0.72, 0.48, -15, _GREEN, 0.5)
    pen.oval(0.42, 0.44, 0.5, 0.5, (236, 130, 16))
    pen.oval(0.42, 0.44, 0.44, 0.44, (255, 240, 208))
    for number in range(9):
        a = math.radians(number * 40 + 10)
        tip = (0.42 + 0.06 * math.cos(a), 0.44 + 0.06 * math.sin(a))
        left = (0.42 + 0.4 * math.cos(a - 0.28), 0.44 + 0.4 * math.sin(a - 0.28))
        right = (0.42 + 0.4 * math.cos(a + 0.28), 0.44 + 0.4 * math.sin(a + 0.28))
        pen.shape([tip, left, right], (252, 164, 44))


def _grapes(pen: Pen) -> None:
    pen.line([(0.0, -0.5), (0.04, -0.95)], _BROWN, 0.08)
    pen.leaf(0.0, -0.66, 0.62, -20, _GREEN, 0.8)
    for row, count in enumerate((4, 5, 4, 3, 2, 1)):
        for column in range(count):
            x = (column - (count - 1) / 2) * 0.33 + float(pen.generator.normal(0, 0.015))
            y = -0.5 + row * 0.265
            pen.oval(x, y, 0.195, 0.195, (64, 24, 84))
            pen.oval(x, y, 0.175, 0.175, pen.vary((112, 52, 140), 7))
            pen.oval(x - 0.06, y - 0.07, 0.05, 0.05, (190, 150, 210))


def _watermelon(pen: Pen) -> None:
    for radius, colour in ((0.98, (30, 96, 40)), (0.9, (120, 180, 90)), (0.83, (236, 240, 210)), (0.76, (226, 48, 60))):
        angles = [math.radians(a) for a in range(0, 181, 6)]
        pen.shape([(radius * math.cos(a), -0.42 + radius * 1.2 * math.sin(a)) for a in angles], colour)
    for x, y in ((-0.5, -0.22), (-0.2, -0.24), (0.12, -0.22), (0.46, -0.24), (-0.34, 0.06), (0.0, 0.06), (0.34, 0.04)):
        pen.egg(x, y, 0.045, 0.08, (36, 20, 16), 0.4)
    for x in (-0.16, 0.16):
        pen.egg(x, 0.3, 0.045, 0.08, (36, 20, 16), 0.4)


def _strawberry(pen: Pen) -> None:
    red = pen.vary((222, 28, 48), 7)
    pen.egg(0.0, 0.14, 0.62, 0.78, red, -0.5)
    for row, count in enumerate((4, 5, 4, 3, 2)):
        for column in range(count):
            x = (column - (count - 1) / 2) * 0.24
            pen.egg(x, -0.26 + row * 0.24, 0.035, 0.055, (250, 214, 110), 0.3)
    for turn in (-160, -125, -90, -55, -20, 20, 160):
        pen.leaf(0.0, -0.52, 0.5, turn, pen.vary((58, 142, 48), 6), 0.42)
    pen.line([(0.0, -0.55), (0.05, -0.92)], (84, 140, 56), 0.08)


def _pear(pen: Pen) -> None:
    colour = pen.vary((206, 200, 84), 6)
    pen.oval(0.0, 0.34, 0.6, 0.56, colour)
    pen.egg(0.0, -0.18, 0.42, 0.58, colour, 0.32)
    pen.dots(0.0, 0.3, 0.5, 0.5, 40, 0.016, ((150, 130, 40),))
    pen.line([(0.0, -0.66), (0.1, -0.97)], _BROWN, 0.08)
    pen.leaf(0.04, -0.76, 0.42, 10, _GREEN, 0.5)


def _pineapple(pen: Pen) -> None:
    for turn in (-150, -130, -110, -70, -50, -30, -90):
        pen.leaf(0.0, -0.22, 0.76, turn, pen.vary((52, 128, 62), 9), 0.26)
    pen.oval(0.0, 0.34, 0.47, 0.62, (196, 130, 22))
    for row in range(7):
        for column in range(-3, 4):
            x, y = column * 0.19 + (row % 2) * 0.095, -0.14 + row * 0.16
            if (x / 0.44) ** 2 + ((y - 0.34) / 0.59) ** 2 < 0.95:
                pen.shape([(x, y - 0.09), (x + 0.08, y), (x, y + 0.09), (x - 0.08, y)], pen.vary((240, 186, 48), 7))
                pen.oval(x, y, 0.02, 0.02, (140, 84, 20))


def _kiwi(pen: Pen) -> None:
    pen.oval(-0.34, -0.34, 0.56, 0.46, pen.vary((128, 94, 50), 6), 30)
    pen.dots(-0.34, -0.34, 0.44, 0.36, 50, 0.014, ((96, 66, 32), (160, 124, 76)))
    pen.oval(0.2, 0.22, 0.68, 0.62, (120, 88, 46))
    pen.oval(0.2, 0.22, 0.62, 0.56, pen.vary((130, 188, 40), 6))
    pen.oval(0.2, 0.22, 0.42, 0.37, (164, 210, 74))
    for number in range(18):
        a = math.radians(number * 20)
        pen.oval(0.2 + 0.32 * math.cos(a), 0.22 + 0.28 * math.sin(a), 0.035, 0.035, (24, 28, 16))
    pen.oval(0.2, 0.22, 0.17, 0.15, (238, 240, 200))


def _cherry(pen: Pen) -> None:
    for x, y in ((-0.42, 0.36), (0.42, 0.48)):
        pen.line([(x, y - 0.3), (x * 0.5, -0.3), (0.12, -0.82)], (92, 132, 50), 0.06)
    pen.leaf(0.12, -0.8, 0.7, 20, _GREEN, 0.5)
    for x, y in ((-0.42, 0.36), (0.42, 0.48)):
        pen.oval(x, y, 0.41, 0.39, pen.vary((150, 12, 36), 6))
        pen.oval(x, y - 0.28, 0.1, 0.05, (96, 6, 22))
        pen.oval(x - 0.14, y - 0.12, 0.08, 0.1, (236, 130, 150), 30)


def _lemon(pen: Pen) -> None:
    yellow = pen.vary((246, 222, 40), 5)
    pen.oval(-0.12, -0.2, 0.66, 0.46, yellow, -18)
    pen.oval(0.56, -0.42, 0.14, 0.1, yellow, -18)
    pen.oval(-0.78, 0.02, 0.13, 0.1, yellow, -18)
    pen.dots(-0.12, -0.2, 0.5, 0.34, 40, 0.015, ((214, 186, 20),))
    pen.oval(0.32, 0.46, 0.46, 0.44, (240, 212, 24))
    pen.oval(0.32, 0.46, 0.4, 0.38, (254, 252, 224))
    for number in range(8):
        a = math.radians(number * 45)
        edge = [(0.32 + 0.35 * math.cos(a + d), 0.46 + 0.33 * math.sin(a + d)) for d in (-0.3, 0.3)]
        pen.shape([(0.32 + 0.05 * math.cos(a), 0.46 + 0.05 * math.sin(a)), *edge], (250, 232, 90))


def _blueberry(pen: Pen) -> None:
    for x, y in ((-0.5, -0.42), (0.1, -0.52), (0.6, -0.2), (-0.62, 0.22), (-0.04, 0.08), (0.5, 0.42), (-0.22, 0.62)):
        pen.oval(x, y, 0.34, 0.33, pen.vary((52, 66, 130), 6))
        pen.oval(x - 0.05, y - 0.06, 0.24, 0.22, (84, 100, 166))
        for number in range(5):
            a = math.radians(number * 72)
            pen.oval(x + 0.08 * math.cos(a), y + 0.07 * math.sin(a), 0.05, 0.05, (24, 28, 70))
    pen.leaf(0.16, -0.8, 0.5, 15, _GREEN, 0.5)


def _avocado(pen: Pen) -> None:
    for grow, colour in ((0.0, (44, 62, 30)), (0.07, (134, 170, 66)), (0.13, (216, 222, 130))):
        pen.oval(0.0, 0.3, 0.66 - grow, 0.62 - grow, colour)
        pen.egg(0.0, -0.22, 0.46 - grow, 0.72 - grow, colour, 0.36)
    pen.oval(0.0, 0.32, 0.31, 0.31, pen.vary((112, 66, 32), 6))
    pen.oval(-0.1, 0.22, 0.1, 0.1, (166, 112, 66))


FRUIT: dict[str, Callable[[Pen], None]] = {
    "apple": _apple,
    "banana": _banana,
    "orange": _orange,
    "grapes": _grapes,
    "watermelon": _watermelon,
    "strawberry": _strawberry,
    "pear": _pear,
    "pineapple": _pineapple,
    "kiwi": _kiwi,
    "cherry": _cherry,
    "lemon": _lemon,
    "blueberry": _blueberry,
    "avocado": _avocado,
}

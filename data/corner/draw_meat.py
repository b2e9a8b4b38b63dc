"""Drawings of meat, fish and eggs."""

from __future__ import annotations

import math
from collections.abc import Callable

from data.corner.pen import Pen


def _egg(pen: Pen) -> None:
    pen.box(-0.92, 0.2, 0.92, 0.72, (150, 150, 146), 0.12)
    for x, y in ((-0.3, -0.36), (0.3, -0.36), (-0.58, 0.1), (0.0, 0.1), (0.58, 0.1)):
        pen.egg(x, y, 0.28, 0.38, (150, 96, 60), 0.2)
        pen.egg(x, y, 0.265, 0.365, pen.vary((222, 170, 126), 6), 0.2)
        pen.oval(x - 0.08, y - 0.14, 0.06, 0.09, (246, 218, 192))
    pen.box(-0.92, 0.34, 0.92, 0.72, (166, 166, 160), 0.12)
    for x in (-0.58, 0.0, 0.58):
        pen.oval(x, 0.34, 0.2, 0.1, (136, 136, 132))


def _fish(pen: Pen) -> None:
    silver = pen.vary((132, 150, 168), 6)
    pen.shape([(0.5, 0.0), (0.98, -0.42), (0.86, 0.0), (0.98, 0.42)], (92, 108, 126))
    pen.shape([(-0.2, -0.3), (0.1, -0.62), (0.34, -0.2)], (92, 108, 126))
    pen.shape([(-0.1, 0.3), (0.1, 0.56), (0.24, 0.2)], (92, 108, 126))
    pen.oval(-0.14, 0.0, 0.8, 0.38, silver)
    pen.oval(-0.14, 0.14, 0.7, 0.2, (214, 222, 228))
    for row, y in enumerate((-0.16, -0.02, 0.12)):
        for column in range(6):
            pen.arc(-0.26 + column * 0.14 + row % 2 * 0.07, y, 0.07, 0.08, -80, 80, (84, 100, 120), 0.025)
    pen.arc(-0.7, 0.0, 0.26, 0.3, -60, 60, (78, 92, 110), 0.05)
    pen.oval(-0.68, -0.08, 0.09, 0.09, (250, 250, 250))
    pen.oval(-0.68, -0.08, 0.05, 0.05, (10, 10, 10))
    pen.line([(-0.92, 0.08), (-0.8, 0.1)], (60, 70, 84), 0.03)


def _shrimp(pen: Pen) -> None:
    pink = pen.vary((244, 140, 104), 6)
    for number in range(7):
        a = math.radians(-165 + number * 36)
        r = 0.33 - 0.028 * number
        x, y = 0.02 + 0.5 * math.cos(a), 0.06 + 0.52 * math.sin(a)
        pen.oval(x, y, r + 0.02, r, (214, 88, 58))
        pen.oval(x, y, r - 0.02, r - 0.04, pink if number % 2 else (250, 176, 142))
    for turn in (120, 150, 180):
        pen.leaf(-0.02, 0.52, 0.46, turn, (226, 84, 54), 0.4)
    pen.oval(-0.56, -0.14, 0.05, 0.05, (16, 10, 10))
    for bend in (0.0, 0.16):
        pen.line([(-0.6, -0.28), (-0.8, -0.6 + bend), (-0.5, -0.92 + bend * 1.2)], (214, 88, 58), 0.035)
    for number in range(4):
        a = math.radians(-100 + number * 36)
        pen.line(
            [
                (0.02 + 0.26 * math.cos(a), 0.06 + 0.28 * math.sin(a)),
                (0.02 + 0.08 * math.cos(a), 0.12 + 0.06 * math.sin(a)),
            ],
            (226, 100, 70),
            0.05,
        )


def _crab(pen: Pen) -> None:
    red = pen.vary((216, 74, 34), 6)
    for side in (-1, 1):
        for y, reach in ((0.1, 0.3), (0.28, 0.52), (0.42, 0.74)):
            pen.line([(side * 0.4, y), (side * 0.8, y - 0.1), (side * 0.94, reach)], (190, 56, 26), 0.085)
        pen.line([(side * 0.4, -0.1), (side * 0.72, -0.3)], red, 0.14)
        pen.oval(side * 0.68, -0.56, 0.25, 0.3, red)
        pen.shape([(side * 0.68, -0.58), (side * 0.54, -0.95), (side * 0.84, -0.95)], (236, 220, 200))
        pen.line([(side * 0.16, -0.2), (side * 0.2, -0.44)], red, 0.05)
        pen.oval(side * 0.2, -0.46, 0.07, 0.07, (16, 10, 10))
    pen.oval(0.0, 0.16, 0.6, 0.42, red)
    pen.dots(0.0, 0.06, 0.4, 0.2, 14, 0.03, ((244, 150, 100),))
    pen.arc(0.0, 0.2, 0.26, 0.16, 30, 150, (140, 36, 14), 0.045)


def _steak(pen: Pen) -> None:
    for grow, colour in ((0.0, (246, 228, 206)), (0.1, pen.vary((172, 34, 42), 6))):
        pen.oval(-0.24, -0.1, 0.66 - grow, 0.6 - grow, colour, 20)
        pen.oval(0.34, 0.18, 0.56 - grow, 0.46 - grow, colour, 30)
    for x, y, dx in (
        (-0.5, -0.2, 0.24),
        (-0.2, -0.36, 0.2),
        (-0.3, 0.1, 0.34),
        (0.2, 0.0, 0.2),
        (0.3, 0.3, 0.3),
        (0.0, 0.3, 0.16),
    ):
        pen.line([(x, y), (x + dx / 2, y + 0.06), (x + dx, y - 0.02)], (232, 160, 150), 0.045)
    pen.oval(-0.56, 0.14, 0.12, 0.12, (246, 228, 206))
    pen.oval(-0.56, 0.14, 0.06, 0.06, (210, 180, 160))


def _drumstick(pen: Pen) -> None:
    pen.line([(0.3, 0.3), (0.76, 0.74)], (246, 238, 222), 0.17)
    pen.oval(0.84, 0.7, 0.12, 0.12, (246, 238, 222))
    pen.oval(0.72, 0.84, 0.12, 0.12, (246, 238, 222))
    brown = pen.vary((204, 122, 46), 6)
    pen.oval(-0.24, -0.24, 0.6, 0.54, brown, 40)
    pen.shape([(-0.5, 0.26), (0.22, -0.5), (0.5, 0.34), (0.34, 0.5)], brown)
    pen.oval(-0.4, -0.4, 0.22, 0.12, (236, 176, 104), -40)
    pen.dots(-0.2, -0.2, 0.46, 0.44, 22, 0.03, ((160, 84, 26), (226, 150, 70)))


def _sausage(pen: Pen) -> None:
    for x, y in ((-0.08, -0.44), (0.0, 0.0), (0.08, 0.44)):
        pen.line([(x - 0.6, y + 0.12), (x, y), (x + 0.6, y + 0.06)], (120, 34, 24), 0.36)
        pen.line([(x - 0.6, y + 0.12), (x, y), (x + 0.6, y + 0.06)], pen.vary((178, 62, 44), 6), 0.31)
        pen.line([(x - 0.5, y + 0.02), (x + 0.46, y - 0.06)], (222, 130, 104), 0.05)
        for end in (-0.84, 0.84):
            pen.oval(x + end, y + 0.1, 0.07, 0.09, (214, 170, 130))


def _salmon(pen: Pen) -> None:
    pen.shape([(-0.9, 0.34), (-0.66, -0.4), (0.72, -0.56), (0.94, 0.14), (0.5, 0.5), (-0.6, 0.62)], (150, 156, 164))
    pen.shape(
        [(-0.86, 0.2), (-0.62, -0.46), (0.74, -0.6), (0.92, 0.04), (0.46, 0.36), (-0.6, 0.46)],
        pen.vary((250, 128, 84), 5),
    )
    for x in (-0.56, -0.3, -0.04, 0.22, 0.48):
        pen.line([(x - 0.08, 0.36), (x + 0.1, 0.0), (x + 0.1, -0.44)], (255, 206, 176), 0.06)


def _lamb(pen: Pen) -> None:
    for x, y in (
        (-0.5, -0.46),
        (0.08, -0.5),
        (0.6, -0.3),
        (-0.6, 0.1),
        (0.0, 0.06),
        (0.52, 0.26),
        (-0.3, 0.56),
        (0.28, 0.66),
    ):
        pen.oval(x, y, 0.36, 0.26, (248, 232, 224), 15)
        pen.oval(x, y, 0.31, 0.2, pen.vary((206, 84, 88), 6), 15)
        pen.arc(x, y, 0.17, 0.1, 0, 290, (250, 236, 230), 0.07)


MEAT: dict[str, Callable[[Pen], None]] = {
    "egg": _egg,
    "fish": _fish,
    "shrimp": _shrimp,
    "crab": _crab,
    "steak": _steak,
    "drumstick": _drumstick,
    "sausage": _sausage,
    "salmon": _salmon,
    "lamb": _lamb,
}

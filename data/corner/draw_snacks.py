"""Drawings of bread, cakes and snacks."""

from __future__ import annotations

import math
from collections.abc import Callable

from data.corner.pen import Pen


def _toast(pen: Pen) -> None:
    for dx, dy in ((0.16, -0.1), (0.0, 0.0)):
        for grow, colour in ((0.0, (170, 104, 46)), (0.07, pen.vary((248, 222, 168), 5))):
            pen.oval(-0.42 + dx, -0.4 + dy, 0.36 - grow, 0.36 - grow, colour)
            pen.oval(0.26 + dx, -0.4 + dy, 0.36 - grow, 0.36 - grow, colour)
            pen.box(-0.68 + grow + dx, -0.4 + dy, 0.52 - grow + dx, 0.86 - grow + dy, colour, 0.06)
            pen.box(-0.42 + dx, -0.74 + grow + dy, 0.26 + dx, 0.0 + dy, colour, 0.04)
    pen.dots(-0.08, 0.2, 0.44, 0.5, 26, 0.022, ((232, 198, 136),))


def _croissant(pen: Pen) -> None:
    for number in range(7):
        a = math.radians(200 + number * 140 / 6)
        swell = 0.18 + 0.2 * math.sin(math.pi * (number + 0.5) / 7)
        x, y = 0.66 * math.cos(a), 0.56 + 0.72 * math.sin(a)
        pen.oval(x, y, swell + 0.03, swell * 1.15 + 0.03, (146, 82, 26), 90 + math.degrees(a))
        pen.oval(x, y, swell, swell * 1.15, pen.vary((218, 146, 58), 6), 90 + math.degrees(a))
        pen.oval(x - 0.02, y - swell * 0.4, swell * 0.4, swell * 0.25, (246, 196, 116))


def _cake(pen: Pen) -> None:
    pen.shape([(-0.9, -0.06), (0.5, -0.46), (0.9, -0.14)], (255, 250, 246))
    pen.shape([(-0.9, -0.06), (0.9, -0.14), (0.9, 0.7), (-0.9, 0.74)], (250, 220, 150))
    for y0, y1, colour in ((-0.1, 0.08, (255, 250, 246)), (0.26, 0.4, (255, 250, 246)), (0.4, 0.48, (232, 70, 96))):
        pen.shape([(-0.9, y0 + 0.04), (0.9, y0 - 0.04), (0.9, y1 - 0.04), (-0.9, y1 + 0.04)], colour)
    for x in (-0.7, -0.4, -0.1, 0.2, 0.5, 0.8):
        pen.oval(x, 0.1, 0.1, 0.12, (255, 250, 246))
    pen.egg(0.3, -0.5, 0.26, 0.3, pen.vary((226, 30, 52), 6), -0.4)
    for turn in (-150, -90, -30):
        pen.leaf(0.3, -0.74, 0.24, turn, (64, 146, 54), 0.5)


def _doughnut(pen: Pen) -> None:
    for radius, colour in ((0.86, (206, 140, 70)), (0.76, pen.vary((246, 130, 176), 6))):
        pen.oval(0.0, 0.0, radius, radius * 0.94, colour)
    for number in range(34):
        a, r = number * 2.4, 0.38 + 0.3 * ((number * 7) % 10) / 10
        x, y = r * math.cos(a), r * 0.94 * math.sin(a)
        colour = ((255, 240, 90), (90, 200, 240), (255, 255, 255), (120, 220, 120))[number % 4]
        pen.line([(x - 0.03, y), (x + 0.03, y + 0.04)], colour, 0.04)
    pen.oval(0.0, 0.0, 0.32, 0.3, (190, 122, 58))
    pen.oval(0.0, 0.02, 0.25, 0.22, (240, 238, 234))


def _cookie(pen: Pen) -> None:
    for x, y, r in ((-0.3, -0.3, 0.56), (0.3, 0.28, 0.6)):
        pen.oval(x, y, r, r, (168, 110, 50))
        pen.oval(x, y, r - 0.05, r - 0.05, pen.vary((222, 168, 96), 6))
        for number in range(8):
            a, d = number * 2.4, (0.14 + 0.09 * (number % 4)) * r / 0.5
            pen.oval(x + d * math.cos(a), y + d * math.sin(a), 0.085, 0.075, (70, 36, 18))


def _chocolate(pen: Pen) -> None:
    dark = pen.vary((84, 44, 24), 4)
    pen.box(-0.62, -0.92, 0.62, 0.4, dark, 0.04)
    for row in range(3):
        for column in range(3):
            x, y = -0.56 + column * 0.39, -0.86 + row * 0.4
            pen.box(x, y, x + 0.34, y + 0.35, (116, 66, 38), 0.03)
            pen.box(x + 0.05, y + 0.05, x + 0.29, y + 0.3, (98, 52, 30), 0.02)
    pen.shape(
        [(-0.66, 0.24), (-0.4, 0.14), (-0.1, 0.26), (0.2, 0.12), (0.46, 0.24), (0.66, 0.16), (0.66, 0.4), (-0.66, 0.4)],
        (214, 214, 220),
    )
    pen.box(-0.66, 0.36, 0.66, 0.95, (190, 30, 60), 0.03)
    pen.box(-0.4, 0.54, 0.4, 0.78, (250, 214, 120), 0.03)


def _ice_cream(pen: Pen) -> None:
    pen.shape([(-0.42, 0.06), (0.42, 0.06), (0.0, 0.97)], (222, 162, 84))
    for step in (-0.24, 0.0, 0.24):
        pen.line([(step - 0.16, 0.08), (step * 0.3 + 0.12, 0.62)], (174, 112, 46), 0.035)
        pen.line([(step + 0.16, 0.08), (step * 0.3 - 0.12, 0.62)], (174, 112, 46), 0.035)
    for x, y, colour in (
        (-0.26, -0.14, (250, 170, 196)),
        (0.26, -0.14, (255, 246, 214)),
        (0.0, -0.52, (166, 222, 190)),
    ):
        pen.oval(x, y, 0.36, 0.34, pen.vary(colour, 4))
    for x in (-0.46, -0.2, 0.1, 0.4):
        pen.oval(x, 0.1, 0.12, 0.1, (255, 230, 216))
    pen.oval(0.0, -0.86, 0.11, 0.11, (206, 20, 40))


def _chips(pen: Pen) -> None:
    yellow = pen.vary((248, 200, 24), 5)
    pen.shape([(-0.62, -0.78), (0.62, -0.78), (0.56, 0.0), (0.62, 0.8), (-0.62, 0.8), (-0.56, 0.0)], yellow)
    for y0, y1 in ((-0.95, -0.74), (0.74, 0.95)):
        pen.box(-0.64, y0, 0.64, y1, (206, 150, 10))
    pen.oval(0.0, -0.34, 0.42, 0.24, (214, 30, 36))
    pen.line([(-0.24, -0.34), (0.24, -0.34)], (255, 255, 255), 0.09)
    for x, y, turn in ((-0.22, 0.24, 20), (0.2, 0.16, -25), (0.06, 0.5, 10)):
        pen.oval(x, y, 0.27, 0.19, (190, 130, 30), turn)
        pen.oval(x, y, 0.24, 0.16, (255, 226, 130), turn)


def _lollipop(pen: Pen) -> None:
    pen.line([(0.1, 0.2), (0.4, 0.94)], (244, 244, 240), 0.09)
    pen.oval(-0.08, -0.26, 0.66, 0.66, (236, 60, 90))
    colours = ((255, 214, 60), (70, 170, 230), (250, 250, 250), (120, 200, 90))
    for number, colour in enumerate(colours):
        start = number * 1.571
        points = []
        for step in range(24):
            r = 0.04 + 0.6 * step / 23
            a = start + step * 0.11
            points.append((-0.08 + r * math.cos(a), -0.26 + r * math.sin(a)))
        pen.line(points, pen.vary(colour, 4), 0.15)
    pen.oval(-0.08, -0.26, 0.1, 0.1, (236, 60, 90))


def _peanuts(pen: Pen) -> None:
    for x, y, turn in ((-0.36, -0.46, 35), (0.42, -0.3, -40), (-0.36, 0.36, -25), (0.4, 0.44, 50)):
        c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        for grow, colour in ((0.025, (140, 96, 50)), (0.0, pen.vary((222, 180, 120), 6))):
            pen.oval(x - 0.22 * c, y - 0.22 * s, 0.26 + grow, 0.25 + grow, colour)
            pen.oval(x + 0.22 * c, y + 0.22 * s, 0.24 + grow, 0.23 + grow, colour)
            pen.oval(x, y, 0.2 + grow, 0.17 + grow, colour, turn)
        for along in (-0.3, -0.14, 0.02, 0.18, 0.32):
            for across in (-0.1, 0.04):
                pen.oval(x + along * c - across * s, y + along * s + across * c, 0.028, 0.028, (172, 126, 70))


def _baozi(pen: Pen) -> None:
    pen.box(-0.96, 0.4, 0.96, 0.86, (190, 138, 74), 0.06)
    for y in (0.52, 0.68):
        pen.line([(-0.94, y), (0.94, y)], (140, 94, 44), 0.04)
    for x, y in ((-0.46, 0.14), (0.46, 0.14), (0.0, -0.26)):
        pen.oval(x, y, 0.48, 0.41, (206, 196, 178))
        pen.oval(x, y, 0.46, 0.39, pen.vary((252, 248, 238), 2))
        for turn in range(0, 360, 45):
            a = math.radians(turn)
            pen.line(
                [
                    (x + 0.06 * math.cos(a), y - 0.18 + 0.04 * math.sin(a)),
                    (x + 0.26 * math.cos(a + 0.4), y - 0.12 + 0.18 * math.sin(a + 0.4)),
                ],
                (214, 204, 186),
                0.03,
            )
        pen.oval(x, y - 0.18, 0.05, 0.04, (160, 140, 110))


SNACKS: dict[str, Callable[[Pen], None]] = {
    "toast": _toast,
    "croissant": _croissant,
    "cake": _cake,
    "doughnut": _doughnut,
    "cookie": _cookie,
    "chocolate": _chocolate,
    "ice_cream": _ice_cream,
    "chips": _chips,
    "lollipop": _lollipop,
    "peanuts": _peanuts,
    "baozi": _baozi,
}

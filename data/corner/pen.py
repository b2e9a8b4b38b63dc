"""A pen with unit coordinates: x to the right, y down, the picture is -1 to 1 on both axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Pen:
    """Draws filled shapes on a transparent square; sizes are in units of half its side."""

    def __init__(self, size: int, generator: np.random.Generator) -> None:
        self.image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
        self.generator = generator
        self._draw = ImageDraw.Draw(self.image)
        self._half = size / 2

    def vary(self, colour: Colour, amount: float = 10.0) -> Colour:
        """A colour near this one."""
        shift = self.generator.normal(0.0, amount, size=3)
        return tuple(int(np.clip(c + s, 0, 255)) for c, s in zip(colour, shift, strict=True))  # type: ignore[return-value]

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour, turn: float = 0.0) -> None:
        """An ellipse, turned clockwise by `turn` degrees."""
        if turn:
            self.shape(_turned(_round(x, y, rx, ry, 2.0), x, y, turn), colour)
        else:
            self._draw.ellipse([*self._at((x - rx, y - ry)), *self._at((x + rx, y + ry))], fill=(*colour, 255))

    def egg(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, taper: float = 0.3, turn: float = 0.0
    ) -> None:
        """An oval that is narrower at the top (taper above 0) or at the bottom."""
        points = [(x + (px - x) * (1.0 + taper * (py - y) / ry), py) for px, py in _round(x, y, rx, ry, 2.0)]
        self.shape(_turned(points, x, y, turn), colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, radius: float = 0.0) -> None:
        """An upright rectangle with round corners."""
        corners = [*self._at((x0, y0)), *self._at((x1, y1))]
        self._draw.rounded_rectangle(corners, radius * self._half, fill=(*colour, 255))

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """A polygon."""
        self._draw.polygon([self._at(point) for point in points], fill=(*colour, 255))

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A stroke with round ends."""
        pixels = [self._at(point) for point in points]
        self._draw.line(pixels, fill=(*colour, 255), width=max(1, round(width * self._half)), joint="curve")
        for x, y in (points[0], points[-1]):
            self.oval(x, y, width / 2, width / 2, colour)

    def arc(
        self, x: float, y: float, rx: float, ry: float, start: float, end: float, colour: Colour, width: float
    ) -> None:
        """A stroke along an ellipse; degrees, clockwise from the right."""
        angles = np.radians(np.linspace(start, end, 24))
        self.line([(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles], colour, width)

    def leaf(self, x: float, y: float, length: float, turn: float, colour: Colour, width: float = 0.4) -> None:
        """A pointed leaf from its stalk at (x, y), `turn` degrees clockwise from the right."""
        t = np.linspace(0.0, 1.0, 14)
        edge = width * length / 2 * np.sin(np.pi * t**0.8)
        points = [(x + length * a, y - b) for a, b in zip(t, edge, strict=True)]
        points += [(x + length * a, y + b) for a, b in zip(t[::-1], edge[::-1], strict=True)]
        self.shape(_turned(points, x, y, turn), colour)

    def crescent(self, x: float, y: float, r: float, thick: float, start: float, end: float, colour: Colour) -> None:
        """A band along a circle, thickest in the middle, pointed at the ends; degrees clockwise from the right."""
        angles = np.radians(np.linspace(start, end, 30))
        swell = np.sin(np.linspace(0.12, math.pi - 0.12, 30)) ** 0.6 * thick / 2
        outer = [(x + (r + s) * math.cos(a), y + (r + s) * math.sin(a)) for a, s in zip(angles, swell, strict=True)]
        inner = [(x + (r - s) * math.cos(a), y + (r - s) * math.sin(a)) for a, s in zip(angles, swell, strict=True)]
        self.shape(outer + inner[::-1], colour)

    def dots(
        self, x: float, y: float, rx: float, ry: float, count: int, size: float, colours: Sequence[Colour]
    ) -> None:
        """Small dots spread inside an ellipse."""
        radius = np.sqrt(self.generator.random(count))
        angle = self.generator.random(count) * 2 * math.pi
        for number in range(count):
            px = x + rx * radius[number] * math.cos(angle[number])
            py = y + ry * radius[number] * math.sin(angle[number])
            self.oval(px, py, size, size, colours[number % len(colours)])

    def _at(self, point: Point) -> tuple[float, float]:
        return (self._half * (1.0 + point[0]), self._half * (1.0 + point[1]))


def _round(x: float, y: float, rx: float, ry: float, power: float) -> list[Point]:
    angles = np.linspace(0.0, 2 * math.pi, 48, endpoint=False)
    cos, sin = np.cos(angles), np.sin(angles)
    cos, sin = np.sign(cos) * np.abs(cos) ** (2 / power), np.sign(sin) * np.abs(sin) ** (2 / power)
    return [(x + rx * c, y + ry * s) for c, s in zip(cos, sin, strict=True)]


def _turned(points: Sequence[Point], x: float, y: float, degrees: float) -> list[Point]:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(x + (px - x) * c - (py - y) * s, y + (px - x) * s + (py - y) * c) for px, py in points]

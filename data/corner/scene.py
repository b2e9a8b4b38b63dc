"""The picture of an item: its kind's drawing, arranged, lit and put on a background as its shop does."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from data.corner.draw_drinks import DRINKS
from data.corner.draw_fruit import FRUIT
from data.corner.draw_meat import MEAT
from data.corner.draw_pantry import PANTRY
from data.corner.draw_snacks import SNACKS
from data.corner.draw_vegetables import VEGETABLES
from data.corner.kinds import GRADES
from data.corner.pen import Colour, Pen

DRAWINGS = {**FRUIT, **VEGETABLES, **MEAT, **DRINKS, **PANTRY, **SNACKS}
_OVER = 3  # drawn this many times larger, then shrunk
# Most shops show one piece on a plain ground: nine pictures of a kind are few to learn it from.
_BACKGROUNDS = ("plain", "plain", "plain", "plain", "fade", "wood", "cloth", "plate", "tray")
_COPIES = (1, 1, 1, 1, 1, 1, 2, 3)
_COLOURS: tuple[Colour, ...] = (
    (245, 243, 238),
    (226, 234, 240),
    (238, 228, 214),
    (222, 236, 222),
    (240, 226, 230),
    (206, 212, 222),
    (214, 192, 160),
    (120, 128, 140),
)


@dataclasses.dataclass(frozen=True)
class ShopStyle:
    """How one shop photographs: background, its colour, scale, tilt, arrangement and light."""

    background: str
    colour: Colour
    scale: float
    tilt: float
    copies: int
    brightness: float
    warmth: float
    light_from: int


def shop_style(seed: int, shop: int) -> ShopStyle:
    """Draws the style of a shop; any shop number has one."""
    generator = np.random.default_rng([seed, 6, shop])
    return ShopStyle(
        background=_BACKGROUNDS[int(generator.integers(len(_BACKGROUNDS)))],
        colour=_COLOURS[int(generator.integers(len(_COLOURS)))],
        scale=float(generator.uniform(0.84, 1.0)),
        tilt=float(generator.uniform(2.0, 12.0)),
        copies=int(generator.choice(_COPIES)),
        brightness=float(generator.uniform(0.86, 1.1)),
        warmth=float(generator.uniform(-0.06, 0.06)),
        light_from=int(generator.choice([-1, 1])),
    )


def draw_picture(
    kind: str, style: ShopStyle, size: int, generator: np.random.Generator, grade: int = GRADES.index("ordinary")
) -> Image.Image:
    """One clean picture of a kind (a key of DRAWINGS) and grade (index into GRADES), RGB, size x size."""
    side = size * _OVER
    scene = _background(style, side, generator)
    for x, y, scale in _places(style.copies):
        pen = Pen(round(side * scale * style.scale), generator)
        DRAWINGS[kind](pen)
        sprite = _lit(pen.image, style.light_from)
        sprite = sprite.rotate(generator.normal(0.0, style.tilt / 2), Image.Resampling.BILINEAR)
        left = round(side * (0.5 + x + generator.normal(0.0, 0.012)) - sprite.width / 2)
        top = round(side * (0.5 + y + generator.normal(0.0, 0.012)) - sprite.height / 2)
        _paste(scene, sprite, left, top)
    _stick(scene, grade)
    picture = scene.resize((size, size), Image.Resampling.BOX)
    picture = ImageEnhance.Brightness(picture).enhance(style.brightness * float(generator.uniform(0.97, 1.03)))
    red, green, blue = picture.split()
    red = red.point([min(255, round(v * (1 + style.warmth))) for v in range(256)])
    blue = blue.point([min(255, round(v * (1 - style.warmth))) for v in range(256)])
    return Image.merge("RGB", (red, green, blue))


def blurred(picture: Image.Image) -> Image.Image:
    """The picture as a shaking hand takes it."""
    return ImageEnhance.Contrast(picture.filter(ImageFilter.GaussianBlur(picture.width / 16))).enhance(0.7)


def jpeg(picture: Image.Image) -> bytes:
    """The picture's JPEG bytes."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def _places(copies: int) -> tuple[tuple[float, float, float], ...]:
    """Centre and scale of each copy, back to front."""
    if copies == 1:
        return ((0.0, 0.0, 0.94),)
    if copies == 2:
        return ((-0.16, -0.1, 0.66), (0.15, 0.12, 0.7))
    return ((0.0, -0.19, 0.56), (-0.22, 0.17, 0.58), (0.22, 0.18, 0.58))


def _background(style: ShopStyle, side: int, generator: np.random.Generator) -> Image.Image:
    base = np.array(style.colour, dtype=float)
    image = Image.new("RGB", (side, side), style.colour)
    draw = ImageDraw.Draw(image)
    if style.background == "fade":
        rows = np.linspace(1.06, 0.82, side)[:, None, None] * base
        return Image.fromarray(np.clip(np.broadcast_to(rows, (side, side, 3)), 0, 255).astype(np.uint8))
    if style.background == "wood":
        for number in range(6):
            shade = tuple(int(v) for v in np.clip(np.array([196, 156, 110]) * generator.uniform(0.88, 1.06), 0, 255))
            draw.rectangle([0, number * side / 6, side, (number + 1) * side / 6 - 2], fill=shade)
    elif style.background == "cloth":
        dark = tuple(int(v) for v in base * 0.93)
        for row in range(8):
            for column in range(row % 2, 8, 2):
                draw.rectangle(
                    [column * side / 8, row * side / 8, (column + 1) * side / 8, (row + 1) * side / 8], fill=dark
                )
    elif style.background == "plate":
        edge, inner = tuple(int(v) for v in base * 0.86), (250, 250, 248)
        draw.ellipse([side * 0.02, side * 0.02, side * 0.98, side * 0.98], fill=edge)
        draw.ellipse([side * 0.04, side * 0.04, side * 0.96, side * 0.96], fill=inner)
    elif style.background == "tray":
        draw.rounded_rectangle([side * 0.04, side * 0.06, side * 0.96, side * 0.94], side * 0.06, fill=(70, 74, 80))
        draw.rounded_rectangle([side * 0.07, side * 0.09, side * 0.93, side * 0.91], side * 0.05, fill=(228, 230, 232))
    return image


def _stick(scene: Image.Image, grade: int) -> None:
    """The sticker in the upper left corner that shops put on premium (gold medal) and clearance items (red flag)."""
    side, draw = scene.width, ImageDraw.Draw(scene)
    if GRADES[grade] == "premium":
        draw.ellipse([side * 0.02, side * 0.02, side * 0.3, side * 0.3], fill=(196, 140, 20))
        draw.ellipse([side * 0.05, side * 0.05, side * 0.27, side * 0.27], fill=(255, 208, 64))
        draw.ellipse([side * 0.1, side * 0.1, side * 0.22, side * 0.22], fill=(255, 244, 200))
    elif GRADES[grade] == "clearance":
        draw.polygon([(0, 0), (side * 0.4, 0), (0, side * 0.4)], fill=(208, 24, 32))
        draw.polygon(
            [
                (side * 0.16, side * 0.05),
                (side * 0.25, side * 0.05),
                (side * 0.05, side * 0.25),
                (side * 0.05, side * 0.16),
            ],
            fill=(255, 255, 255),
        )


def _lit(sprite: Image.Image, light_from: int) -> Image.Image:
    """Light from one upper side: brighter there, darker on the far side."""
    side = sprite.width
    ramp = np.linspace(-1.0, 1.0, side)
    fall = (ramp[None, :] * -light_from - ramp[:, None]) / 2  # [side, side], 1 at the light
    light = np.clip(128 + 52 * fall, 0, 255).astype(np.uint8)
    alpha = sprite.getchannel("A")
    lit = ImageChops.soft_light(sprite.convert("RGB"), Image.merge("RGB", [Image.fromarray(light)] * 3))
    lit.putalpha(alpha)
    return lit


def _paste(scene: Image.Image, sprite: Image.Image, left: int, top: int) -> None:
    """Puts a drawing onto the scene with a soft shadow under it."""
    alpha = sprite.getchannel("A")
    small = alpha.resize((max(1, alpha.width // 6), max(1, alpha.height // 6)))
    soft = small.filter(ImageFilter.GaussianBlur(2)).resize(alpha.size).point([round(v * 0.35) for v in range(256)])
    shift = max(1, sprite.width // 28)
    scene.paste((40, 34, 30), (left + shift, top + shift), soft)
    scene.paste(sprite.convert("RGB"), (left, top), alpha)

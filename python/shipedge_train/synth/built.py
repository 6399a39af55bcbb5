"""Ground that people shaped: towns, works and container yards, fields, ponds; drawn upright, then turned."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.synth.light import Light
from shipedge_train.synth.noise import SIZE, Field, fractal, scale

Sheet = NDArray[np.uint8]
Color = tuple[float, float, float]

_SHEET = 640
ROOFS: tuple[Color, ...] = (
    (150, 90, 65), (165, 110, 85), (120, 75, 60), (130, 130, 130), (170, 170, 168), (205, 205, 200), (235, 235, 230),
    (105, 105, 112), (95, 120, 150), (190, 175, 150), (150, 135, 110), (90, 85, 80), (120, 140, 125),
)  # fmt: skip
BOXES: tuple[Color, ...] = (
    (150, 60, 45), (60, 90, 140), (190, 190, 185), (70, 110, 90), (165, 120, 60), (110, 50, 45), (95, 100, 110),
)  # fmt: skip


def _jitter(rng: np.random.Generator, color: Color, spread: float = 14) -> Color:
    moved = np.asarray(color) + rng.normal(0, spread * 0.2, 3) + rng.normal(0, spread)
    red, green, blue = np.clip(moved, 5, 250)
    return float(red), float(green), float(blue)


def _block(sheet: Sheet, box: tuple[int, int, int, int], color: Color, cast: tuple[int, int] = (0, 0)) -> None:
    """Fill a rectangle (left, top, right, bottom); `cast` draws its shadow first."""
    left, top, right, bottom = box
    dx, dy = cast
    if dx or dy:
        cv2.rectangle(sheet, (left + dx, top + dy), (right + dx, bottom + dy), (22, 24, 28), -1)
    cv2.rectangle(sheet, (left, top), (right, bottom), color, -1)


def _turned(sheet: Sheet, turn: float, zoom: float, rng: np.random.Generator) -> Field:
    """Rotate the sheet under the image and mirror it beyond its edges: (768, 768, 3) in 0..1."""
    cos, sin = math.cos(turn) / zoom, math.sin(turn) / zoom
    dx, dy = rng.uniform(0, _SHEET, 2)
    matrix = np.array([[cos, sin, dx], [-sin, cos, dy]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(sheet, matrix, (SIZE, SIZE), flags=flags, borderMode=cv2.BORDER_REFLECT)
    image = np.asarray(turned, np.float32) * np.float32(1 / 255)
    scale(image, 1 + np.float32(0.05) * fractal(rng, 1.2, 1))
    return image


def _cast(light: Light, turn: float, height: float) -> tuple[int, int]:
    """Shadow of something `height` pixels tall in the sheet's own axes."""
    length = min(light.shadow, 1.8) * height
    return round(length * math.cos(light.azimuth - turn)), round(length * math.sin(light.azimuth - turn))


def town(rng: np.random.Generator, light: Light, turn: float | None = None) -> Field:
    """Streets (along `turn` where it is given) and houses with two roof sides, gardens and trees."""
    turn = float(rng.uniform(-math.pi, math.pi)) if turn is None else turn
    ground = _jitter(rng, (95, 92, 75), 20)
    sheet: Sheet = np.full((_SHEET, _SHEET, 3), ground, np.uint8)
    road = _jitter(rng, (125, 122, 115), 20)
    green = _jitter(rng, (50, 65, 42), 10)
    palette = [ROOFS[i] for i in rng.choice(len(ROOFS), int(rng.integers(3, 8)))]
    lot, fill, green_share = float(rng.uniform(7, 18)), float(rng.uniform(0.5, 0.95)), float(rng.uniform(0.1, 0.6))
    block_w, block_h = int(lot * rng.integers(3, 9)), int(lot * rng.integers(2, 4))
    street = int(rng.integers(4, 10))
    for top in range(-20, _SHEET, block_h + street):
        cv2.rectangle(sheet, (0, top - street), (_SHEET, top - 1), road, -1)
    for left in range(-20, _SHEET, block_w + street):
        cv2.rectangle(sheet, (left - street, 0), (left - 1, _SHEET), road, -1)
    cast = _cast(light, turn, float(rng.uniform(2, 5)))
    for top in range(-20, _SHEET, block_h + street):
        for left in range(-20, _SHEET, block_w + street):
            rows, cols = max(1, int(block_h / lot)), max(1, int(block_w / lot))
            draws = rng.random((rows * cols, 6))
            for number, draw in enumerate(draws):
                x = left + int(number % cols * block_w / cols + draw[0] * 3)
                y = top + int(number // cols * block_h / rows + draw[1] * 3)
                wide, high = int(lot * (0.45 + 0.5 * draw[2])), int(lot * (0.45 + 0.5 * draw[3]))
                if draw[4] > fill:
                    if draw[5] < green_share * 2:
                        cv2.circle(sheet, (x + wide // 2, y + high // 2), int(2 + 4 * draw[2]), green, -1)
                    continue
                color = palette[int(draw[5] * len(palette))]
                bright = 0.8 + 0.4 * draw[0]
                lit = (color[0] * bright, color[1] * bright, color[2] * bright)
                _block(sheet, (x, y, x + wide, y + high), lit, cast)
                if draw[1] < 0.5:
                    _block(sheet, (x, y, x + wide, y + high // 2), (lit[0] * 0.72, lit[1] * 0.72, lit[2] * 0.72))
    return _turned(sheet, turn, float(rng.uniform(0.8, 1.3)), rng)


def works(rng: np.random.Generator, light: Light, turn: float | None = None) -> Field:
    """Port and industry along `turn`: halls, container stacks, tanks, yards and roads."""
    turn = float(rng.uniform(-math.pi, math.pi)) if turn is None else turn
    tone = float(rng.uniform(85, 175))
    sheet: Sheet = np.full((_SHEET, _SHEET, 3), _jitter(rng, (tone, tone * 0.97, tone * 0.88), 8), np.uint8)
    step = int(rng.integers(70, 150))
    use = rng.dirichlet(rng.uniform(0.3, 2, 4))
    for top in range(-10, _SHEET, step):
        for left in range(-10, _SHEET, step):
            kind = int(rng.choice(4, p=use))
            ground = _jitter(rng, (tone, tone * 0.97, tone * 0.9), 14)
            gap = int(rng.integers(4, 14))
            box = (left, top, left + step - gap, top + step - gap)
            _block(sheet, box, ground)
            if kind == 0:
                _halls(rng, sheet, box, _cast(light, turn, 6))
            elif kind == 1:
                _stacks(rng, sheet, box, _cast(light, turn, 4))
            elif kind == 2:
                _tanks(rng, sheet, box, _cast(light, turn, 7))
            else:
                for _ in range(int(rng.integers(0, 25))):  # parked things
                    x, y = int(rng.integers(box[0], box[2])), int(rng.integers(box[1], box[3]))
                    size = int(rng.integers(1, 8))
                    _block(sheet, (x, y, x + size, y + int(rng.integers(1, 4))), _jitter(rng, (130, 130, 130), 50))
    return _turned(sheet, turn, float(rng.uniform(0.7, 1.2)), rng)


def _halls(rng: np.random.Generator, sheet: Sheet, box: tuple[int, int, int, int], cast: tuple[int, int]) -> None:
    left, top, right, bottom = box
    color = ROOFS[int(rng.integers(3, len(ROOFS)))]
    count = int(rng.integers(1, 4))
    for number in range(count):
        y0 = top + 4 + (bottom - top) * number // count
        y1 = top + (bottom - top) * (number + 1) // count - 6
        lit = _jitter(rng, color, 12)
        _block(sheet, (left + 5, y0, right - int(rng.integers(5, 40)), y1), lit, cast)
        _block(sheet, (left + 5, y0, right - 40, (y0 + y1) // 2), (lit[0] * 0.85, lit[1] * 0.85, lit[2] * 0.87))


def _stacks(rng: np.random.Generator, sheet: Sheet, box: tuple[int, int, int, int], cast: tuple[int, int]) -> None:
    left, top, right, bottom = box
    long, high = int(rng.integers(7, 11)), int(rng.integers(6, 16))
    for y in range(top + 3, bottom - high, high + int(rng.integers(3, 9))):
        for x in range(left + 3, right - long, long + 1):
            if rng.random() < 0.8:
                _block(sheet, (x, y, x + long - 1, y + high), _jitter(rng, BOXES[int(rng.integers(7))], 18), cast)


def _tanks(rng: np.random.Generator, sheet: Sheet, box: tuple[int, int, int, int], cast: tuple[int, int]) -> None:
    left, top, right, bottom = box
    radius = int(rng.integers(6, 24))
    color = _jitter(rng, (215, 212, 205), 20)
    for y in range(top + radius + 3, bottom - radius, 2 * radius + 7):
        for x in range(left + radius + 3, right - radius, 2 * radius + 7):
            cv2.circle(sheet, (x + cast[0], y + cast[1]), radius, (30, 30, 32), -1)
            cv2.circle(sheet, (x, y), radius, color, -1)
            cv2.circle(sheet, (x, y), radius, (color[0] * 0.8, color[1] * 0.8, color[2] * 0.8), 1)


def _parcels(rng: np.random.Generator, colors: list[Color], seam: Color) -> Sheet:
    """Split the sheet again and again into rectangles; rows of each parcel follow its longer side."""
    sheet: Sheet = np.full((_SHEET, _SHEET, 3), seam, np.uint8)
    smallest = float(rng.uniform(25, 110))
    gap = int(rng.integers(1, 4))
    todo = [(0, 0, _SHEET, _SHEET)]
    while todo:
        left, top, right, bottom = todo.pop()
        wide, high = right - left, bottom - top
        if max(wide, high) > smallest * rng.uniform(1, 3):
            share = float(rng.uniform(0.3, 0.7))
            if wide > high:
                cut = left + int(wide * share)
                todo += [(left, top, cut, bottom), (cut, top, right, bottom)]
            else:
                cut = top + int(high * share)
                todo += [(left, top, right, cut), (left, cut, right, bottom)]
            continue
        color = _jitter(rng, colors[int(rng.integers(len(colors)))], 8)
        _block(sheet, (left + gap, top + gap, right - gap, bottom - gap), color)
        if rng.random() < 0.3:
            darker = (color[0] * 0.9, color[1] * 0.9, color[2] * 0.9)
            for x in range(left + gap, right - gap, int(rng.integers(3, 7))):
                cv2.line(sheet, (x, top + gap), (x, bottom - gap - 1), darker, 1)
    return sheet


def fields(rng: np.random.Generator, light: Light) -> Field:
    """Farm land: parcels of green, straw and bare soil."""
    colors: list[Color] = [(70, 90, 50), (105, 110, 65), (150, 130, 95), (130, 105, 80), (45, 70, 40), (165, 150, 115)]
    picked = [colors[i] for i in rng.choice(len(colors), 4)]
    sheet = _parcels(rng, picked, _jitter(rng, (95, 90, 65), 15))
    return _turned(sheet, float(rng.uniform(-math.pi, math.pi)), float(rng.uniform(0.7, 1.5)), rng)


def ponds(rng: np.random.Generator, light: Light) -> Field:
    """Fish ponds and salt pans between dikes."""
    colors: list[Color] = [(35, 55, 50), (60, 85, 75), (95, 110, 90), (110, 95, 75), (225, 222, 215), (20, 35, 38)]
    picked = [colors[i] for i in rng.choice(len(colors), 3)]
    sheet = _parcels(rng, picked, _jitter(rng, (135, 125, 100), 15))
    return _turned(sheet, float(rng.uniform(-math.pi, math.pi)), float(rng.uniform(0.7, 1.5)), rng)


BUILT = {"town": town, "works": works, "fields": fields, "ponds": ponds}

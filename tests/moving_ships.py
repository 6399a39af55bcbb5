"""Videos of ships whose ways are known: a camera looks at a piece of a world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from shipedge.events import Found, Result
from shipedge.frame import OrientedBox

SHAPE = (360, 480)

Way = Callable[[float], tuple[float, float]]
"""Seconds -> x and y in the world."""


class Sailing(NamedTuple):
    """A ship: its way, its size, and when it is hidden."""

    way: Way
    length: float = 24.0
    width: float = 8.0
    hidden: tuple[float, float] = (0.0, 0.0)


def straight(x: float, y: float, vx: float = 0.0, vy: float = 0.0) -> Way:
    return lambda seconds: (x + vx * seconds, y + vy * seconds)


def land(seed: int, height: int = 1400, width: int = 1800) -> np.ndarray:
    """A world with something to see everywhere."""
    rng = np.random.default_rng(seed)
    world = sum(
        amplitude * cv2.resize(rng.standard_normal((height // cell, width // cell)), (width, height))
        for cell, amplitude in ((4, 6.0), (16, 12.0), (64, 20.0))
    )
    return np.clip(110 + world, 0, 255).astype(np.uint8)


def lake(height: int = 1400, width: int = 1800) -> np.ndarray:
    """A world with nothing to see."""
    return np.full((height, width), 90, np.uint8)


def film(
    world: np.ndarray,
    ships: list[Sailing],
    camera: Way,
    fps: float = 10.0,
    seconds: float = 5.0,
    jitter: float = 0.4,
    seed: int = 0,
) -> Iterator[tuple[np.ndarray, Result, list[int]]]:
    """Frames, what a detector would say of them, and which ship is which; boxes tremble by `jitter` pixels."""
    rng = np.random.default_rng(seed)
    height, width = SHAPE
    for index in range(round(seconds * fps)):
        now = index / fps
        left, top = camera(now)
        into = np.array([[1, 0, -left], [0, 1, -top]], np.float64)
        grey = cv2.warpAffine(world, into, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        found, true = [], []
        for number, ship in enumerate(ships):
            (x, y), (bx, by) = ship.way(now), ship.way(now + 0.1)
            x, y, angle = x - left, y - top, float(np.degrees(np.arctan2(by - y - top, bx - x - left)))
            if not (ship.length / 2 < x < width - ship.length / 2 and ship.length / 2 < y < height - ship.length / 2):
                continue
            if ship.hidden[0] <= now < ship.hidden[1]:
                continue
            corners = cv2.boxPoints(((x, y), (ship.length, ship.width), angle))
            cv2.fillPoly(grey, [np.rint(corners * 16).astype(np.int32)], 235, cv2.LINE_AA, shift=4)
            x, y = x + rng.normal(0, jitter), y + rng.normal(0, jitter)
            found.append(
                _found(OrientedBox(x, y, ship.length * rng.normal(1, 0.03), ship.width, angle % 180), grey.shape)
            )
            true.append(number)
        noisy = np.clip(grey + rng.normal(0, 2, grey.shape), 0, 255).astype(np.uint8)
        pixels = np.repeat(noisy[..., None], 3, axis=2)
        order = rng.permutation(len(found)).tolist()
        yield (
            pixels,
            Result("film.mp4", index, now, list(grey.shape), 0.9, [found[k] for k in order], {}),
            [true[k] for k in order],
        )


def _found(box: OrientedBox, shape: tuple[int, ...]) -> Found:
    (left, top), (right, bottom) = (
        bound(cv2.boxPoints(((box.x, box.y), (box.length, box.width), box.orientation)), axis=0)
        for bound in (np.min, np.max)
    )
    bbox = [max(int(left), 0), max(int(top), 0), min(int(right) + 1, shape[1]), min(int(bottom) + 1, shape[0])]
    values = [round(float(value), 2) for value in box]
    return Found("1 1", bbox, 0.9, values[:2], values[2], values[3], values[4] % 180)

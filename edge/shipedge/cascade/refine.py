"""A last look at every ship: turned level and magnified, so that a small network can correct its rectangle.

A boat of 20 x 7 pixels whose outline is one pixel too wide on every side shares hardly more than half of it with the
label. Seen from close by and always in the same pose, such errors are the same for boats and tankers, and a network
that has nothing else to learn sees them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shipedge._core import corrected, cut_patch, rectangle_outline, separate, smallest_rectangle
from shipedge.backends import Model
from shipedge.frame import Ship
from shipedge.rle import Rle
from shipedge.tiling import Raster

__all__ = [
    "Rectangle",
    "Refiner",
    "corrected",
    "correction",
    "cut_patch",
    "is_whole",
    "rectangle_outline",
    "smallest_rectangle",
]

_REACH = 0.75
"""Largest correction: of the position in lengths and widths, of both as a natural logarithm, of the angle as in
`correction`. The core's `corrected` has the same."""
_LOOKS = 3
"""Each begins with what the last one said; a fourth changes hardly anything."""
_FILLED = 0.6
"""Share of its rectangle that a ship must cover; what covers less is not one ship."""

Pixels = NDArray[np.uint8]
Rectangle = NDArray[np.float64]
"""(x, y, length, width, angle): centre with (0, 0) at the corner of the first pixel, sides in pixels, radians from the
x axis towards the y axis."""


class Refiner:
    """The refiner of a bundle, ready to run.

    Of a patch, whose middle half the rectangle covers, it says five numbers: shift along and across, length, width and
    angle; 0.5 of each changes nothing.
    """

    def __init__(self, model: Model, *, flips: bool = False) -> None:
        """Takes an opened model; with `flips` it sees every patch mirrored as well, and the mean of both counts."""
        self._model, self._flips = model, flips

    def __call__(self, pixels: Raster, ships: tuple[Ship, ...]) -> tuple[Ship, ...]:
        """The ships with the outlines of `outlines`, by the position of their first pixel.

        Args:
            pixels: (height, width, 3) uint8 RGB, the frame they were found in.
            ships: what the segmenter found.
        """
        pairs = zip(ships, self.outlines(pixels, [ship.rle for ship in ships]), strict=True)
        better = [replace(ship, rle=rle, bbox=rle.bbox) for ship, rle in pairs if rle is not None]
        return tuple(sorted(better, key=lambda ship: int(ship.rle.runs[0, 0])))

    def outlines(self, pixels: Raster, rles: list[Rle]) -> list[Rle | None]:
        """Better outlines of the ships of a frame, in their order; None for a piece of what another one has become.

        A ship that the border of the frame cuts and one that is nothing like a rectangle stay as they are. Of two that
        would share pixels the larger has them. One that would have less than half of its outline left keeps the one it
        came with, and where that is no better it was the same ship, taken apart.
        """
        refined: dict[int, Rle] = {}
        # From top to bottom, as files are decoded; every ship by itself, so that the order changes nothing.
        for number in sorted(range(len(rles)), key=lambda number: rles[number].bbox[1]):
            refined[number] = self._refined(pixels, rles[number])
        return separate([refined[number] for number in range(len(rles))], rles)

    def _refined(self, pixels: Raster, ship: Rle) -> Rle:
        rectangle = smallest_rectangle(ship)
        if not is_whole(ship) or ship.area < _FILLED * rectangle[2] * rectangle[3]:
            return ship
        for _ in range(_LOOKS):
            part, corner = cut_around(pixels, rectangle)
            rectangle = corrected(rectangle, self._ask(cut_patch(part, rectangle - corner)))
        return rectangle_outline(rectangle, ship.shape) or ship

    def _ask(self, patch: Pixels) -> NDArray[np.float64]:
        probability: NDArray[np.float64] = self._model(patch)[0] / 256
        if self._flips:
            mirrored = self._model(np.ascontiguousarray(patch[::-1]))[0] / 256
            probability = (probability + np.where(_ACROSS, 1 - mirrored, mirrored)) / 2
        return probability


_ACROSS = np.array([False, True, False, False, True])
"""The numbers that change their sign where a patch is turned upside down."""


def is_whole(ship: Rle) -> bool:
    """The border of the frame does not cut it."""
    left, top, right, bottom = ship.bbox
    return left > 0 and top > 0 and right < ship.shape[1] and bottom < ship.shape[0]


def cut_around(pixels: Raster, rectangle: Rectangle) -> tuple[Pixels, Rectangle]:
    """The part of a frame that a patch is made of, and what is to be subtracted of a rectangle in the frame there."""
    x, y, length, width, _ = rectangle
    reach = int(np.hypot(length, width)) + 2
    height, wide = pixels.shape[:2]
    top, left = (int(np.clip(v - reach, 0, most - 1)) for v, most in ((y, height), (x, wide)))
    part = pixels[top : max(int(y) + reach, top) + 1, left : max(int(x) + reach, left) + 1]
    return part, np.array([left, top, 0, 0, 0], np.float64)


def correction(rectangle: Rectangle, truth: Rectangle) -> NDArray[np.float64]:
    """What the refiner should say of a rectangle: (5,), 0..1, cut off where the way is too far; `corrected` undoes it.

    The shift counts in lengths and widths of the rectangle, both sides by the logarithm of their ratio (R-CNN: Girshick
    et al., CVPR 2014), the angle by how many widths the ends of the ship move aside. Half a turn is no
    turn: a rectangle is the same from both ends.
    """
    _, _, length, width, angle = rectangle
    way = truth[:2] - rectangle[:2]
    turn = (truth[4] - angle + np.pi / 2) % np.pi - np.pi / 2
    numbers = np.array(
        [
            (np.cos(angle) * way[0] + np.sin(angle) * way[1]) / length,
            (np.cos(angle) * way[1] - np.sin(angle) * way[0]) / width,
            np.log(truth[2] / length),
            np.log(truth[3] / width),
            np.sin(turn) * length / width / 2,
        ]
    )
    return np.clip(0.5 + numbers / (2 * _REACH), 0, 1)

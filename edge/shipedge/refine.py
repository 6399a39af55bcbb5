"""A last look at every ship: turned level and magnified, so that a small network can correct its rectangle.

A boat of 20 x 7 pixels whose outline is one pixel too wide on every side shares hardly more than half of it with the
label. Seen from close by and always in the same pose, such errors are the same for boats and tankers, and a network
that has nothing else to learn sees them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shipedge.backends import Model
from shipedge.bundle import PATCH
from shipedge.frame import Ship
from shipedge.rle import Rle, from_polygons, union

__all__ = ["Rectangle", "Refiner", "correct", "correction", "cut_patch", "is_whole", "rectangle_of"]

_REACH = 0.75
"""Largest correction: of the position in lengths and widths, of both as a natural logarithm, of the angle as in
`correction`."""
_LOOKS = 3
"""Each begins with what the last one said; a fourth changes hardly anything."""
_FILLED = 0.6
"""Share of its rectangle that a ship must cover; what covers less is not one ship."""
_OWN = 0.5
"""Share of an outline that must not belong to a larger ship."""

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

    def __call__(self, pixels: Pixels, ships: tuple[Ship, ...]) -> tuple[Ship, ...]:
        """The ships with the outlines of `outlines`, by the position of their first pixel.

        Args:
            pixels: (height, width, 3) uint8 RGB, the frame they were found in.
            ships: what the segmenter found.
        """
        found = zip(ships, self.outlines(pixels, [ship.rle for ship in ships]), strict=True)
        better = [replace(ship, rle=rle, bbox=rle.bbox) for ship, rle in found if rle is not None]
        return tuple(sorted(better, key=lambda ship: int(ship.rle.runs[0, 0])))

    def outlines(self, pixels: Pixels, shown: list[Rle]) -> list[Rle | None]:
        """Better outlines of the ships of a frame, in their order; None for a piece of what another one has become.

        A ship that the border of the frame cuts and one that is nothing like a rectangle stay as they are. Of two that
        would share pixels the larger has them. One that would have less than half of its outline left keeps the one it
        came with, and where that is no better it was the same ship, taken apart.
        """
        refined = [self._refined(pixels, ship) for ship in shown]
        found: list[Rle | None] = [None] * len(shown)
        for k in sorted(range(len(shown)), key=lambda k: -refined[k].area):
            for outline in (refined[k], shown[k]):
                others = [rle for rle in found if rle is not None and _meet(rle.bbox, outline.bbox)]
                free = outline - union(others, outline.shape) if others else outline
                if free.area and free.area >= _OWN * outline.area:
                    found[k] = free
                    break
        return found

    def _refined(self, pixels: Pixels, ship: Rle) -> Rle:
        rectangle = rectangle_of(ship)
        if not is_whole(ship) or ship.area < _FILLED * rectangle[2] * rectangle[3]:
            return ship
        for _ in range(_LOOKS):
            rectangle = correct(rectangle, self._ask(cut_patch(pixels, rectangle)))
        return from_polygons([corners(rectangle)], ship.shape) or ship

    def _ask(self, patch: Pixels) -> NDArray[np.float64]:
        said: NDArray[np.float64] = self._model(patch)[0] / 256
        if self._flips:
            mirrored = self._model(np.ascontiguousarray(patch[::-1]))[0] / 256
            said = (said + np.where(_ACROSS, 1 - mirrored, mirrored)) / 2
        return said


_ACROSS = np.array([False, True, False, False, True])
"""The numbers that change their sign where a patch is turned upside down."""


def is_whole(ship: Rle) -> bool:
    """The border of the frame does not cut it."""
    left, top, right, bottom = ship.bbox
    return left > 0 and top > 0 and right < ship.shape[1] and bottom < ship.shape[0]


def _meet(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def rectangle_of(ship: Rle) -> Rectangle:
    """The smallest rectangle, turned as it may be, around a ship that has pixels."""
    import cv2  # takes longer to import than a picture to segment, and many frames show no ship

    left, top = ship.bbox[:2]
    y, x = np.nonzero(ship.crop(ship.bbox).to_mask())
    (cx, cy), sides, degrees = cv2.minAreaRect(np.stack([x, y], axis=1).astype(np.float32))
    # Of the centres of pixels: half a pixel more on either side.
    width, height = sides[0] + 1, sides[1] + 1
    # Versions of OpenCV disagree about the side that an angle belongs to, and the refiner sees half a turn.
    if degrees >= 0:
        width, height, degrees = height, width, degrees - 90
    if height > width:
        width, height, degrees = height, width, degrees + 90
    angle = np.deg2rad(degrees)
    return np.array([cx + left + 0.5, cy + top + 0.5, width, height, angle], np.float64)


def corners(rectangle: Rectangle) -> NDArray[np.float64]:
    """(4, 2): x and y of its corners, one after the other."""
    x, y, length, width, angle = rectangle
    along = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    across = np.array([-np.sin(angle), np.cos(angle)]) * width / 2
    middle = np.array([x, y])
    return np.stack(
        [middle + along + across, middle + along - across, middle - along - across, middle - along + across]
    )


def cut_patch(pixels: Pixels, rectangle: Rectangle) -> Pixels:
    """What the refiner sees of a frame: (64, 128, 3) uint8, the rectangle level in the middle, half as long and wide.

    Beyond the frame its border is repeated.
    """
    import cv2

    x, y, length, width, angle = rectangle
    rows, cols = PATCH
    # Cut out first: OpenCV refuses frames of more than 32,767 pixels a side.
    reach = int(np.hypot(length, width)) + 2
    height, wide = pixels.shape[:2]
    top, left = (int(np.clip(v - reach, 0, most - 1)) for v, most in ((y, height), (x, wide)))
    part = pixels[top : max(int(y) + reach, top) + 1, left : max(int(x) + reach, left) + 1]
    right = np.array([np.cos(angle), np.sin(angle)]) * length / (cols / 2)
    down = np.array([-np.sin(angle), np.cos(angle)]) * width / (rows / 2)
    first = np.array([x - left, y - top]) - 0.5 - right * (cols - 1) / 2 - down * (rows - 1) / 2
    place = np.stack([right, down, first], axis=1)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(part, place, (cols, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def correction(rectangle: Rectangle, truth: Rectangle) -> NDArray[np.float64]:
    """What the refiner should say of a rectangle: (5,), 0..1, cut off where the way is too far.

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


def correct(rectangle: Rectangle, said: NDArray[np.floating]) -> Rectangle:
    """The corrected rectangle; the opposite of `correction`."""
    x, y, length, width, angle = rectangle
    along, across, longer, wider, aside = (np.asarray(said, np.float64) - 0.5) * 2 * _REACH
    turn = np.arcsin(np.clip(aside * 2 * width / length, -0.5, 0.5))
    return np.array(
        [
            x + np.cos(angle) * along * length - np.sin(angle) * across * width,
            y + np.sin(angle) * along * length + np.cos(angle) * across * width,
            length * np.exp(longer),
            width * np.exp(wider),
            angle + turn,
        ]
    )

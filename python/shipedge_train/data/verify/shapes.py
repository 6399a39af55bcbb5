"""Do masks look like ships? Limits are a little wider than what 40,798 ships of the Airbus challenge need.

Of these ships the largest has 25,904 of 589,824 pixels and is 444 of 768 pixels long, the smallest have 2; 9 have fewer
than 4 pixels, 137 several pieces, 27 holes, 81 fill less than half of their convex hull.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.formats.order import detect_order
from shipedge.rle import CsvIndex, Rle, areas, bboxes, components
from shipedge_train.data.verify.findings import Finding

TINY = 4
"""Pixels."""

HUGE_AREA, HUGE_SIDE, FILLS = 0.05, 2 / 3, 0.25
"""Share of the image's pixels, of its longer side, of its pixels."""

RAGGED = 0.5
"""Share of the convex hull."""

_ENOUGH = 2000  # images whose texts are asked for their habit; a few hundred ships show it
_SOME = 50  # images; fewer have no habit
_AT_ONCE = 4096  # ships; their runs are handled as one array


def check_shapes(index: CsvIndex, ships: Mapping[str, Sequence[Rle]], shape: tuple[int, int]) -> Iterator[Finding]:
    """Look at every ship by itself, without its image."""
    flat = [(image, k, ship) for image, group in ships.items() for k, ship in enumerate(group)]
    for start in range(0, len(flat), _AT_ONCE):
        part = flat[start : start + _AT_ONCE]
        masks = [ship for _, _, ship in part]
        sizes, boxes = areas(masks), bboxes(masks)
        sides = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        hulls = hull_areas(masks)
        for (image, k, ship), size, side, hull in zip(part, sizes.tolist(), sides.tolist(), hulls, strict=True):
            for code, text in _oddities(ship, size, side, hull, shape):
                yield Finding(code, text, image, index.line(image, k))


def _oddities(ship: Rle, size: int, side: int, hull: float, shape: tuple[int, int]) -> Iterator[tuple[str, str]]:
    share = size / (shape[0] * shape[1])
    if share > FILLS:
        yield "ship-fills", f"{size} pixels, {share:.0%} of the image"
    elif share > HUGE_AREA or side > HUGE_SIDE * max(shape):
        yield "ship-huge", f"{size} pixels, {side} long"
    if size < TINY:
        yield "ship-tiny", f"{size} pixel{'s' * (size > 1)}"
    pieces = len(components(ship))
    if pieces > 1:
        yield "ship-parts", f"{size} pixels in {pieces} pieces"
    holes = ship.fill_holes().area - size
    if holes:
        yield "ship-hollow", f"{holes} pixels are missing inside"
    if size < RAGGED * hull:
        yield "ship-ragged", f"fills {size / hull:.0%} of its convex hull"


def hull_areas(ships: Sequence[Rle]) -> list[float]:
    """Area of the convex hull of each mask's pixel squares, pixels."""
    return [float(cv2.contourArea(cv2.convexHull(points))) for points in outer_points(ships)]


def outer_points(ships: Sequence[Rle]) -> list[NDArray[np.int32]]:
    """For each mask of one shape (n, 2) x, y with the same convex hull as its pixel squares."""
    if not ships:
        return []
    runs = [ship.runs for ship in ships]
    ends = np.cumsum([6 * len(own) for own in runs])
    return np.split(_corners(np.concatenate(runs).astype(np.int64), ships[0].shape[0]), ends[:-1])


def _corners(runs: NDArray[np.int64], height: int) -> NDArray[np.int32]:
    """(n, 2) start and length -> (6n, 2) x, y: corners of each run's pixel squares that a hull needs."""
    last = runs.sum(axis=1) - 1
    left, right = runs[:, 0] // height, last // height + 1
    top, bottom = runs[:, 0] % height, last % height + 1
    spans = right > left + 1  # goes on in the next column: there it begins at the top, here it ends at the bottom
    first_bottom, last_top = np.where(spans, height, bottom), np.where(spans, 0, top)
    x = [left, left, np.where(spans, right - 1, right), left + 1, right, right]
    y = [top, first_bottom, first_bottom, last_top, last_top, bottom]
    return np.stack([np.stack(x, axis=1), np.stack(y, axis=1)], axis=2).reshape(-1, 2).astype(np.int32)


def check_habit(ships: Mapping[str, Sequence[Rle]]) -> Iterator[Finding]:
    """Without images the texts alone may say, or hint, that they count along the rows."""
    step = max(1, len(ships) // _ENOUGH)
    report = detect_order((group, None) for group in list(ships.values())[::step])
    if report.order == "C":
        yield Finding("row-major", f"{report.for_c} of {report.images} images say so, {report.for_f} the contrary")
    elif report.hint == "C" and report.images >= _SOME:
        yield Finding(
            "row-major-habit",
            f"ships are {report.aspect:.2f} times as wide as high in the mean, those of the Airbus challenge 1.16; "
            "with --images the images decide",
        )

"""Masks from what tools draw: polygons, ellipses, and small bitmaps that lie somewhere in the image."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from shipedge.errors import DatasetError, RleFormatError
from shipedge.formats.shown import shown
from shipedge.rle import Rle, from_polygons

_CORNERS = 180  # of the polygon that stands for an ellipse: off by 0.02 % of its radius


def rings(values: Any, place: str) -> npt.NDArray[np.float64]:
    """A polygon as (n, 2) corners, from x1, y1, x2, y2 ... or from pairs. Raises DatasetError where it is none."""
    pairs = isinstance(values, list) and bool(values) and all(isinstance(v, list) and len(v) == 2 for v in values)
    flat = [v for pair in values for v in pair] if pairs else values
    if (
        not isinstance(flat, list)
        or len(flat) % 2
        or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in flat)
    ):
        raise DatasetError(f"{place}: a polygon is {shown(values)}, expected a list of x1, y1, x2, y2, ...")
    try:
        return np.array(flat, np.float64).reshape(-1, 2)
    except OverflowError as error:
        raise DatasetError(f"{place}: {error}") from error


def fill(
    polygons: Sequence[npt.NDArray[np.float64]],
    shape: tuple[int, int],
    place: str,
    rule: Literal["even-odd", "union"] = "union",
) -> Rle | str:
    """The mask of polygons, or why there is none. Raises DatasetError where a corner is no place near the image."""
    areas = [polygon for polygon in polygons if len(polygon) >= 3]
    try:
        return from_polygons(areas, shape, rule) if areas else "with fewer than three corners"
    except RleFormatError as error:
        raise DatasetError(f"{place}: {error}") from error


def ellipse(x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> npt.NDArray[np.float64]:
    """An ellipse as a polygon; the angle in radians turns x towards y."""
    turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    across, along = rx * np.cos(turn), ry * np.sin(turn)
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack([x + across * cosine - along * sine, y + across * sine + along * cosine], axis=1)


def place_bitmap(bitmap: npt.NDArray[Any], left: int, top: int, shape: tuple[int, int]) -> Rle:
    """A small mask with its upper left corner somewhere in the image; what lies outside of the image is cut."""
    height, width = shape
    inside = bitmap[max(0, -top) : max(0, height - top), max(0, -left) : max(0, width - left)]
    if not inside.size:
        return Rle([], shape)
    top, left = max(0, top), max(0, left)
    mask = Rle.from_mask(np.ascontiguousarray(inside != 0).view(np.uint8))
    return mask.pad(top, height - top - inside.shape[0], left, width - left - inside.shape[1])

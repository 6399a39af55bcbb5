"""Masks from what tools draw: polygons, ellipses, and small bitmaps that lie somewhere in the image."""

import base64
import zlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from shipedge.errors import DatasetError, RleFormatError
from shipedge.files.shorten import shorten
from shipedge.formats.budget import refuse_filling
from shipedge.formats.mask_image import decode_mask
from shipedge.rle import Rle, from_polygons

_MOST_BYTES = 1 << 28  # of a PNG
_CORNERS = 180  # of the polygon that stands for an ellipse: off by 0.02 % of its radius


def corners(values: Any, where: str) -> npt.NDArray[np.float64]:
    """A polygon as (n, 2) corners, from x1, y1, x2, y2 ... or from pairs. Raises DatasetError where it is none."""
    pairs = isinstance(values, list) and bool(values) and all(isinstance(v, list) and len(v) == 2 for v in values)
    flat = [v for pair in values for v in pair] if pairs else values
    if (
        not isinstance(flat, list)
        or len(flat) % 2
        or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in flat)
    ):
        raise DatasetError(f"{where}: a polygon is {shorten(values)}, expected a list of x1, y1, x2, y2, ...")
    try:
        return np.array(flat, np.float64).reshape(-1, 2)
    except OverflowError as error:
        raise DatasetError(f"{where}: {error}") from error


def fill(
    polygons: Sequence[npt.NDArray[np.float64]],
    shape: tuple[int, int],
    where: str,
    rule: Literal["even-odd", "union"] = "union",
) -> Rle | str:
    """The mask of polygons, or why there is none.

    Raises:
        DatasetError: a corner is no place near the image, or the mask could have millions of runs.
    """
    areas = [polygon for polygon in polygons if len(polygon) >= 3]
    refuse_filling(areas, shape, where)
    try:
        return from_polygons(areas, shape, rule) if areas else "with fewer than three corners"
    except RleFormatError as error:
        raise DatasetError(f"{where}: {error}") from error


def join_rings(rings: list[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """One polygon that encloses what the rings do: lines of zero width lead from its first corner to each ring."""
    parts = rings[:1]
    for ring in rings[1:]:  # from the first corner of all to the ring, around it, and back
        parts += [rings[0][:1], ring, ring[:1]]
    return np.concatenate(parts)


def ellipse(x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> npt.NDArray[np.float64]:
    """An ellipse as a polygon; the angle in radians turns x towards y."""
    turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    with np.errstate(all="ignore"):  # whoever fills it refuses what is no number
        across, along = rx * np.cos(turn), ry * np.sin(turn)
        cosine, sine = np.cos(angle), np.sin(angle)
        return np.stack([x + across * cosine - along * sine, y + across * sine + along * cosine], axis=1)


def mask_of_base64(text: Any, where: str, *, packed: bool = False) -> Rle:
    """A small mask from a PNG in base64, which (packed) zlib made smaller. Raises DatasetError where it is none."""
    if not isinstance(text, str):
        raise DatasetError(f"{where}: the mask is {shorten(text)}, expected a PNG in base64")
    try:
        content = base64.b64decode(text, validate=True)
        if packed:
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(content, _MOST_BYTES)
            if not unpacker.eof:
                raise ValueError("is cut off or too long")
    except (ValueError, zlib.error) as error:
        raise DatasetError(f"{where}: the mask {error}, expected a PNG in base64") from error
    return Rle.from_mask((decode_mask(content, f"{where}: the mask") != 0).view(np.uint8))

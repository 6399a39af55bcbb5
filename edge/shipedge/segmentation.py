"""Masks as COCO's annotations and CVAT's files hold them in Python: dictionaries and lists."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from shipedge._core import Rle, from_coco, from_polygons, to_coco
from shipedge.errors import RleFormatError

_CVAT_KEYS = ("rle", "left", "top", "width", "height")


def from_segmentation(segmentation: Any, shape: Sequence[int] | None = None) -> Rle:
    """The mask of what COCO calls a segmentation.

    Args:
        segmentation: a dictionary of ``size`` and ``counts`` (compressed or not); a polygon x1, y1, x2, y2, ... of six
            numbers or more; a list of polygons, which are filled each by itself; or a box x, y, width, height. Pixels
            whose middle is inside are of the mask. (Counts alone are no segmentation: `from_coco` reads them.)
        shape: (height, width) of the image; may be left out for a dictionary.

    Raises:
        RleFormatError: no mask of this shape; a polygon of fewer than six numbers among them.
    """
    if isinstance(segmentation, Mapping):
        return from_coco(dict(segmentation), shape)
    if shape is None:
        raise RleFormatError("shape is missing, expected (height, width): polygons and boxes do not say it")
    if isinstance(segmentation, str | bytes) or not isinstance(segmentation, Sequence | np.ndarray):
        raise RleFormatError(
            f"a segmentation is of type {type(segmentation).__name__}, expected a dictionary, polygons or a box"
        )
    if len(segmentation) == 0:
        raise RleFormatError("a segmentation is empty, expected polygons or a box")
    if np.ndim(segmentation[0]) > 0:
        return from_polygons([_corners(ring, f"polygon {k}") for k, ring in enumerate(segmentation, 1)], shape, "union")
    if len(segmentation) == 4:
        return _box(segmentation, shape)
    return from_polygons([_corners(segmentation, "the polygon")], shape)


def from_annotations(annotations: Iterable[Mapping[str, Any]], shape: Sequence[int] | None = None) -> list[Rle]:
    """The masks of COCO annotations or results of one image, each a dictionary with ``segmentation``.

    Args:
        annotations: where one has no segmentation, its ``bbox`` (x, y, width, height) is the mask.
        shape: (height, width) of the image; may be left out where all segmentations are dictionaries.

    Raises:
        RleFormatError: one is no mask of this shape; the message begins with its index.
    """
    rles = []
    for index, annotation in enumerate(annotations):
        if not isinstance(annotation, Mapping):
            raise TypeError(f"annotations[{index}] is of type {type(annotation).__name__}, expected a dictionary")
        found = annotation.get("segmentation") or annotation.get("bbox")
        if found is None:
            raise RleFormatError(f"annotations[{index}] has neither segmentation nor bbox")
        try:
            rles.append(from_segmentation(found, shape))
        except (RleFormatError, TypeError, ValueError) as error:
            raise RleFormatError(f"annotations[{index}]: {error}") from error
    return rles


def to_cvat(rle: Rle) -> dict[str, str | int]:
    """The attributes of a ``mask`` element in CVAT's XML: counts along the rows of the box around the mask.

    Raises:
        RleFormatError: the mask is empty; CVAT has no such shape.
        TypeError: it is no Rle.
    """
    if not isinstance(rle, Rle):
        raise TypeError(f"rle is of type {type(rle).__name__}, expected an Rle")
    if not rle:
        raise RleFormatError("the mask is empty, expected at least one pixel: CVAT has no empty mask")
    left, top, right, bottom = rle.bbox
    counts = to_coco(rle.crop((left, top, right, bottom)).transpose())
    text = ", ".join(map(str, counts))
    return {"rle": text, "left": left, "top": top, "width": right - left, "height": bottom - top}


def from_cvat(mask: Mapping[str, Any], shape: Sequence[int]) -> Rle:
    """The mask of the attributes of a ``mask`` element in CVAT's XML.

    Args:
        mask: ``rle`` (text or numbers), ``left``, ``top``, ``width`` and ``height``, as text or numbers.
        shape: (height, width) of the image; what lies outside of it is cut off.

    Raises:
        RleFormatError: an attribute is missing or no number, or the counts do not fill the box.
    """
    missing = [key for key in _CVAT_KEYS if key not in mask]
    if missing:
        raise RleFormatError(f"the mask has no {missing[0]}, expected {', '.join(_CVAT_KEYS)}")
    counts = mask["rle"].split(",") if isinstance(mask["rle"], str) else mask["rle"]
    left, top, width, height = (_whole(mask[key], key) for key in _CVAT_KEYS[1:])
    # Along the rows is down the columns of the transposed mask.
    inside = from_coco([_whole(count, "a count") for count in counts], (width, height)).transpose()
    return place_mask(inside, left, top, Rle([], shape).shape)


def place_mask(mask: Rle, left: int, top: int, shape: tuple[int, int]) -> Rle:
    """A small mask with its upper left corner somewhere in the image; what lies outside of the image is cut."""
    height, width = shape
    first = min(max(0, -left), mask.shape[1]), min(max(0, -top), mask.shape[0])
    last = min(mask.shape[1], max(first[0], width - left)), min(mask.shape[0], max(first[1], height - top))
    inside = mask.crop((*first, *last))
    if not inside:
        return Rle([], shape)
    left, top = left + first[0], top + first[1]
    return inside.pad(top, height - top - inside.shape[0], left, width - left - inside.shape[1])


def _corners(ring: Any, name: str) -> np.ndarray[Any, Any]:
    """(n, 2) corners of a flat list or of pairs."""
    try:
        numbers = np.asarray(ring, np.float64)
    except (TypeError, ValueError):
        raise RleFormatError(f"{name} is no list of numbers, expected x1, y1, x2, y2, ...") from None
    if numbers.ndim > 2 or (numbers.ndim == 2 and numbers.shape[1] != 2) or numbers.size % 2:
        raise RleFormatError(f"{name} has shape {numbers.shape}, expected x1, y1, x2, y2, ...")
    if numbers.size < 6:
        raise RleFormatError(f"{name} has {numbers.size} numbers, expected 6 or more (three corners)")
    return numbers.reshape(-1, 2)


def _box(box: Any, shape: Sequence[int]) -> Rle:
    try:
        x, y, width, height = (float(side) for side in box)
    except (TypeError, ValueError):
        raise RleFormatError("a box is no list of numbers, expected x, y, width, height") from None
    if not (width >= 0 and height >= 0):
        raise RleFormatError(f"a box has width {width:g} and height {height:g}, expected 0 or more")
    return from_polygons([[[x, y], [x + width, y], [x + width, y + height], [x, y + height]]], shape)


def _whole(value: Any, name: str) -> int:
    """An integer, also as text."""
    try:
        number = float(value)
        if number == int(number) and abs(number) < 1 << 32:
            return int(number)
    except (TypeError, ValueError, OverflowError):
        pass
    raise RleFormatError(f"{name} is {str(value)[:100]!r}, expected an integer")

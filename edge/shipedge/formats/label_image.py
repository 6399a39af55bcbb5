"""Label images: each value other than 0 is one object. Images whose values are something else are refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from shipedge.errors import DatasetError
from shipedge.formats.mask_image import VOID, Values, decode_mask
from shipedge.images import read_file
from shipedge.rle import components, from_labels

_BETWEEN = 0.06
"""Share of pixels along borders that may lie between their neighbors: up to 0.04 where hundreds of ships overlap."""
_MANY = 16
"""Number of values from which on their arrangement says something; a row of moored ships has fewer."""
_TOUCHING = 0.75
"""Share of many values that may touch another one."""
_PARTS = 8
"""Mean number of components that many values may have; photographs have dozens."""


def read_labels(path: Path) -> Values:
    """A label image -> (height, width) uint8 or uint16: 0 is background, each other value one object.

    Raises:
        ImageError, DatasetError: as `decode_mask`; a photograph, or a mask that was resized, blurred or stored as JPEG,
            whose mixed values would be objects of their own; 255 as a border around the objects.
    """
    values = decode_mask(read_file(path), str(path))
    found = np.unique(values[values > 0])
    if len(found) < 2:
        return values
    if found[-1] == VOID and _surrounds(values):
        raise DatasetError(
            f"{path} has a value {VOID} around its objects, as label images of PASCAL VOC have: make it 0"
        )
    if _is_mixed(values) or (len(found) >= _MANY and _is_scattered(values, found)):
        raise DatasetError(
            f"{path} has {len(found)} values that lie as in a photograph, or in a mask that was resized, blurred or "
            "stored as JPEG: expected one value for each object"
        )
    return values


def _surrounds(values: Values) -> bool:
    """Most of the border of the other objects faces the void and not the background."""
    sides = void = 0
    for one, other in _pairs(values):
        for inside, outside in ((one, other), (other, one)):
            border = (inside != outside) & (inside != VOID) & (inside > 0)
            sides += int(np.count_nonzero(border))
            void += int(np.count_nonzero(border & (outside == VOID)))
    return 2 * void > sides


def _is_mixed(values: Values) -> bool:
    """Many values along borders lie between those on both sides: in a row or a column, rising or falling.

    Of an object only pixels of parts that are one pixel wide do. Interpolation, blur and noise make many of them.
    """
    between = np.zeros(values.shape, np.bool_)
    border = np.zeros(values.shape, np.bool_)
    for turned, between_turned, border_turned in ((values, between, border), (values.T, between.T, border.T)):
        before, middle, after = turned[:-2], turned[1:-1], turned[2:]
        rising, falling = (before < middle) & (middle < after), (before > middle) & (middle > after)
        between_turned[1:-1] |= rising | falling
        differs = turned[1:] != turned[:-1]
        border_turned[1:] |= differs
        border_turned[:-1] |= differs
    border &= values > 0
    return int(np.count_nonzero(between)) > 4 + _BETWEEN * int(np.count_nonzero(border))


def _is_scattered(values: Values, found: Values) -> bool:
    """Values fall into many components, or nearly all touch another one and are not numbered one after the other."""
    beside = [np.stack((one, other))[:, (one != other) & (one > 0) & (other > 0)] for one, other in _pairs(values)]
    touching = np.unique(np.concatenate([pair.reshape(-1) for pair in beside]))
    if found[-1] > 2 * len(found) and len(touching) > _TOUCHING * len(found):
        return True
    return sum(len(components(mask)) for mask in from_labels(values).values()) > _PARTS * len(found)


def _pairs(values: Values) -> Iterator[tuple[Values, Values]]:
    """All pixels and their neighbors below, and to the right."""
    yield values[:-1], values[1:]
    yield values[:, :-1], values[:, 1:]

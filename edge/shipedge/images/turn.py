"""Stored pixels -> pixels as viewers show them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["turn"]


def turn(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Apply an EXIF orientation, 1 (nothing to do) to 8, to (height, width[, channels]).

    Source: EXIF 2.32 section 4.6.4, which says where the stored first row and column belong.
    """
    if orientation == 1:
        return pixels
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    rows = slice(None, None, -1) if orientation in (3, 4, 7, 8) else slice(None)
    columns = slice(None, None, -1) if orientation in (2, 3, 6, 7) else slice(None)
    return np.ascontiguousarray(pixels[rows, columns])

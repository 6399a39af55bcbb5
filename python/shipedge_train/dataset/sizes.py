"""Ships by size, as training draws them and as a split deals them out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIZE_CLASSES = (16, 32, 64)
"""Longer sides of a ship's box, pixels, at which the next class begins; a quarter of the Airbus ships is below 16."""


def size_class(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class of each box, 0 to 3: (n, 4) left, top, right, bottom -> (n,)."""
    longer = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    classes: NDArray[np.int64] = np.searchsorted(SIZE_CLASSES, longer, side="right")
    return classes

"""What the detector is told about a mask: one value per cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shipedge.tiling import CELL

IGNORE = 0.5
"""Value of a cell that a ship touches with too few pixels to be called either way; the loss leaves it out."""
CELL_PIXELS = 8
"""Ship pixels from which on a cell counts as positive; 1 to 7 are a graze, which training ignores."""


def presence_grid(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Truth of the detector: (h, w) mask -> (h/32, w/32) of 0 no ship, 0.5 ignore, 1 ship."""
    rows, cols = mask.shape[0] // CELL, mask.shape[1] // CELL
    pixels = mask.reshape(rows, CELL, cols, CELL).sum(axis=(1, 3), dtype=np.int32)
    grid: NDArray[np.float32] = (pixels >= CELL_PIXELS).astype(np.float32)
    grid[(pixels > 0) & (pixels < CELL_PIXELS)] = IGNORE
    return grid

"""What the networks are told: a value per cell for the detector, water between touching ships for the segmenter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shipedge.rle import Rle, union
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


def seams(ships: Sequence[Rle], rim: int) -> Rle:
    """Pixels that are within `rim` pixels of two ships or more: what keeps ships that touch from being one.

    Taught as water they leave a gap of twice the rim, as U-Net did with cells (Ronneberger et al., MICCAI 2015).

    Args:
        ships: the ships of one image, at least one.
        rim: pixels, at least 1; rows and columns count, not the diagonal.
    """
    covered = twice = union([], ships[0].shape)
    for ship in ships:
        grown = ship.dilate(rim)
        covered, twice = covered | grown, twice | (covered & grown)
    return twice & union(ships, ships[0].shape)

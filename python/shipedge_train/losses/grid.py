"""The loss of presence, on the grid of cells."""

from __future__ import annotations

from typing import Any

from keras import ops

from shipedge.tiling import CELL
from shipedge_train.loader.truth import CELL_PIXELS, IGNORE
from shipedge_train.losses._pixels import PIXELS, as_float32
from shipedge_train.losses.cross_entropy import cross_entropy


def presence(
    y_true: Any, y_pred: Any, positive_weight: float = 4.0, gamma: float = 1.0, image_weight: float = 0.25
) -> Any:
    """Detector loss on the presence grid and its maximum: (b, rows, cols, 1) twice -> (b,).

    Focal cross-entropy (Lin et al., "Focal loss for dense object detection", 2017) summed over the cells and divided
    by 8 + the number of ship cells, so that one tanker does not outweigh twenty yachts, plus cross-entropy of the
    image score, which is the strongest cell: that term finds the single rock which raises a false alarm in an empty
    image. Truth 0.5 marks cells to ignore; an image with such cells alone is neither with ships nor without.
    """
    truth, prediction = as_float32(y_true, y_pred)
    counted = ops.cast(ops.abs(truth - IGNORE) > 0.25, "float32")
    error = ops.abs(truth - prediction) ** gamma
    weight = counted * (1 + (positive_weight - 1) * truth)
    cells = 8 + ops.sum(counted * truth, axis=PIXELS)
    grid = ops.sum(weight * error * cross_entropy(truth, y_pred), axis=PIXELS) / cells
    there = ops.max(counted * truth, axis=PIXELS)
    known = ops.maximum(there, ops.min(counted, axis=PIXELS))
    return grid + image_weight * known * cross_entropy(there, ops.max(y_pred, axis=PIXELS))


def presence_of_mask(y_true: Any, y_pred: Any) -> Any:
    """The same from the mask: (b, 32 rows, 32 cols, 1) of 0 and 1, and (b, rows, cols, 1) -> (b,).

    For a network that learns mask and grid together. The grid is `loader.truth.presence_grid` of the mask.
    """
    (mask,) = as_float32(y_true)
    rows, cols = ops.shape(y_pred)[1:3]
    pixels = ops.sum(ops.reshape(mask, (-1, rows, CELL, cols, CELL)), axis=(2, 4))[..., None]
    grid = ops.cast(pixels >= CELL_PIXELS, "float32")
    return presence(ops.where((pixels > 0) & (pixels < CELL_PIXELS), IGNORE, grid), y_pred)

"""Two datasets side by side in one image: whole images above, crops at full resolution below."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.dataset import SHAPE, Image

_COLUMNS, _ROWS = 5, 4
_SIDE, _GAP, _MIDDLE = 192, 2, 24


def _some(images: Sequence[Image], count: int) -> list[Image]:
    """Any `count` images, the same each time."""
    return sorted(images, key=lambda p: hashlib.sha256(p.path.name.encode()).digest())[:count]


def _crop(image: Image, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A piece at full resolution: around a ship where there is one, the middle otherwise."""
    spots = np.argwhere(image.mask()) if image.ships else np.empty((0, 2), int)
    center = spots[len(spots) // 2] if len(spots) else np.array(SHAPE) // 2
    top, left = np.clip(center - _SIDE // 2, 0, np.array(SHAPE) - _SIDE)
    return pixels[top : top + _SIDE, left : left + _SIDE]


def _grid(tiles: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    step = _SIDE + _GAP
    grid = np.full((_ROWS * step, _COLUMNS * step, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, _COLUMNS)
        grid[row * step : row * step + _SIDE, column * step : column * step + _SIDE] = tile
    return grid


def contact_sheet(images: Sequence[Image]) -> NDArray[np.uint8]:
    """Twenty whole images above, a piece of each at full resolution below: (h, w, 3) uint8 RGB."""
    whole, pieces = [], []
    for image in _some(images, _COLUMNS * _ROWS):
        pixels = image.pixels()
        whole.append(np.asarray(cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8))
        pieces.append(_crop(image, pixels))
    grids = [_grid(whole), _grid(pieces)]
    return np.concatenate([grids[0], np.full((_MIDDLE, grids[0].shape[1], 3), 255, np.uint8), grids[1]])


def side_by_side(one: Sequence[Image], other: Sequence[Image]) -> NDArray[np.uint8]:
    """The sheets of two datasets, the first on the left: (h, w, 3) uint8 RGB."""
    left, right = contact_sheet(one), contact_sheet(other)
    return np.concatenate([left, np.full((left.shape[0], _MIDDLE, 3), 255, np.uint8), right], axis=1)


def encode_sheet(sheet: NDArray[np.uint8], suffix: str) -> bytes:
    """A sheet as a file of the kind that `suffix` (".png", ".jpg") names."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 75] if suffix == ".jpg" else []
    _, data = cv2.imencode(suffix, cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), options)
    return data.tobytes()

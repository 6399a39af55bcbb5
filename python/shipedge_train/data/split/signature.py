"""What an image is recognised by: 128 symbols for each of its nine 256 px blocks.

Two cuts of one scene at a stride of 256 px share whole blocks, but JPEG has changed their pixels. A symbol says which
of 16 frequencies of the block (a cosine transform) is the strongest, and its sign. Strong frequencies survive
compression whatever its quality, and there are 32 symbols, so two blocks that show different water agree in 4 of 128 by
chance.
Picking the largest of a few random directions is the hash of Andoni et al., "Practical and optimal LSH for angular
distance" (2015).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE = 256
"""Pixels between two neighbouring cuts of a scene, and the side of a block."""
SIDE = 3
"""Blocks along one side of an image."""
SYMBOLS = 128
UNSURE = 255
"""Symbol where none of the 16 frequencies stands out of the noise of compression: never compared."""
SURE_SYMBOLS = SYMBOLS // 3
"""A block with fewer sure symbols is solid (cloud, black, smooth water): it looks like any other solid block."""

_CHOICES = 16
_CELLS = 64  # a block at a quarter of its size, which JPEG decodes to directly
_LOW = 52  # frequencies in use, along one side
_NOISE = 2.0  # how strong compression noise is, in coefficients of the transform: those well below say nothing
_SURE = 1.5


def _cosines() -> NDArray[np.float32]:
    """The first rows of the orthonormal cosine transform (DCT-II): (52, 64)."""
    k, x = np.arange(_LOW)[:, None], np.arange(_CELLS)[None, :]
    rows = np.cos(np.pi * k * (2 * x + 1) / (2 * _CELLS)) * np.sqrt(2 / _CELLS)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows, np.float32)


def _frequencies() -> NDArray[np.intp]:
    """The 2048 lowest frequencies but for the mean, mixed: (128, 16) indices into a flat (52, 52) spectrum."""
    k = np.arange(_LOW)
    lowest = np.argsort(np.hypot(k[:, None], k[None, :]), axis=None, kind="stable")[1 : SYMBOLS * _CHOICES + 1]
    return np.random.default_rng(5).permutation(lowest).reshape(SYMBOLS, _CHOICES)


_COSINES, _FREQUENCIES = _cosines(), _frequencies()


def sign(quarter: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Symbols of an image: (192, 192) grey -> (9, 128) uint8, blocks row by row."""
    cells = quarter.reshape(SIDE, _CELLS, SIDE, _CELLS).transpose(0, 2, 1, 3).reshape(-1, _CELLS, _CELLS)
    spectra = _COSINES @ (cells.astype(np.float32) @ _COSINES.T)
    spectra[:, 0, 0] = 0
    strength = np.abs(spectra)
    # Waves fill a few frequencies and leave the others weak: what counts is to stand out among the neighbours.
    around = np.stack([cv2.blur(one, (5, 5), borderType=cv2.BORDER_REFLECT) for one in strength])
    relative = (strength / (around + np.float32(_NOISE))).reshape(len(spectra), -1)[:, _FREQUENCIES]
    best = relative.argmax(axis=2)
    where = np.take_along_axis(_FREQUENCIES[None], best[..., None], axis=2)[..., 0]
    value = np.take_along_axis(spectra.reshape(len(spectra), -1), where, axis=1)
    symbols = np.asarray(2 * best + (value > 0), np.uint8)
    symbols[np.abs(value) < _SURE] = UNSURE
    return symbols


def solid(symbols: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which blocks show nothing to recognise them by: (..., 128) symbols -> (...)."""
    return np.asarray((symbols != UNSURE).sum(axis=-1) < SURE_SYMBOLS)

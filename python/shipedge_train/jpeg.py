"""JPEG files, whole or only as far down as a crop needs, by libjpeg-turbo itself.

That is faster than OpenCV's way to it, and damage is told: OpenCV paints the missing part of a picture grey and returns
it as if all were well.
"""

from __future__ import annotations

import numpy as np
import simplejpeg
from numpy.typing import NDArray

Array = NDArray[np.uint8]

START, END = b"\xff\xd8", b"\xff\xd9"
_SCAN = b"\xff\xda"
_MCU = 16
"""Rows that are decoded together, at most. One more group below the last row wanted: colors are smoothed across."""
_BASELINE = (0xC0, 0xC1)
_NO_FRAME = (0xC4, 0xC8, 0xCC)  # between the numbers of frame headers, but none
_LEFT_OVER = "extraneous bytes before marker"


def decode(data: Array, rows: int | None = None) -> Array:
    """A JPEG as (height, width, 3) uint8 RGB, or its first `rows` rows at least.

    JPEG is decoded from the top, so a crop needs nothing below its last row. The header of a copy is told that the
    picture ends there. Progressive files come in passes over the whole picture and are decoded whole.

    Args:
        data: (n,) uint8, the file.
        rows: how many rows are needed; None: all.

    Raises:
        ValueError: damaged, cut short, or no JPEG of grey or color.
    """
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    wanted = height if rows is None else min(height, -(-rows // _MCU) * _MCU + _MCU)
    # A file without an end is decoded whole, which tells what is missing.
    place = _height_of_baseline(data) if wanted < height and ends(data) else None
    if place is None:
        whole: Array = simplejpeg.decode_jpeg(data, "RGB")
        return whole
    shorter = data.copy()
    shorter[place : place + 2] = wanted >> 8, wanted & 255
    pixels = np.empty((wanted, width, 3), np.uint8)
    try:
        simplejpeg.decode_jpeg(shorter, "RGB", buffer=pixels)
    except ValueError as error:
        if _LEFT_OVER not in str(error):  # what is left over is the part of the picture that nobody asked for
            raise
    return pixels


def ends(data: Array) -> bool:
    """Whether an end marker follows the last scan; behind it may be what cameras add."""
    if END in data[-1024:].tobytes():
        return True
    raw = data.tobytes()
    return raw.rfind(END) > raw.rfind(_SCAN)


def _height_of_baseline(data: Array) -> int | None:
    """Where the header of a baseline JPEG says its height (two bytes, big-endian); None for other kinds."""
    at = len(START)
    while at + 9 < len(data) and data[at] == 0xFF:
        kind = int(data[at + 1])
        if kind in _BASELINE:
            return at + 5
        if 0xD8 <= kind <= 0xDA or (0xC0 <= kind <= 0xCF and kind not in _NO_FRAME):
            return None
        at += 2 + (int(data[at + 2]) << 8) + int(data[at + 3])
    return None

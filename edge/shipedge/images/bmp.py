"""BMP: header, and whether all rows are there. Source: Windows GDI reference (BITMAPINFOHEADER)."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from shipedge.errors import ImageError
from shipedge.images.fields import Fields, take

_CORE, _INFO = 12, 40
_MASKED = 3
_ORDER = (0xFF0000, 0xFF00, 0xFF)  # what OpenCV takes for granted
_PLAIN = (0, _MASKED, 6)  # compression: none, and none with the places of the colors told
_MOST_BITS = 8  # from which on there is no palette


def read_fields(file: BinaryIO) -> Fields:
    """File header and info header."""
    height, width, bits, compression, _ = _layout(file)
    if bits == 32 and compression == _MASKED and struct.unpack("<III", take(file, 12)) != _ORDER:
        raise NotImplementedError("a BMP with its colors in an unusual order: save it as PNG")
    return Fields(abs(height), width, min(bits, 8), {32: 4, 24: 3, 16: 3}.get(bits, 1), palette=bits <= _MOST_BITS)


def check_whole(content: bytes, name: str) -> None:
    """Raise ImageError where rows are missing."""
    height, width, bits, compression, start = _layout(io.BytesIO(content))
    needed = start + abs(height) * ((width * bits + 31) // 32 * 4) if compression in _PLAIN else start + 1
    if needed > len(content):
        raise ImageError(name, "the image is cut off (its last rows are missing)", "truncated")


def _layout(file: BinaryIO) -> tuple[int, int, int, int, int]:
    """(height, negative where the first row is the top one; width; bits of a pixel; compression; start of the rows)."""
    start, size = struct.unpack("<10xII", take(file, 18))
    if size == _CORE:
        width, height, _, bits = struct.unpack("<HHHH", take(file, 8))
        return height, width, bits, 0, start
    if size < _INFO:
        raise ValueError(f"an info header of {size} bytes, expected {_CORE} or {_INFO} and more")
    width, height, _, bits, compression = struct.unpack("<iiHHI", take(file, 16))
    take(file, _INFO - 20)
    if width <= 0 or bits not in (1, 2, 4, 8, 16, 24, 32):
        raise ValueError(f"width is {width}, {bits} bits a pixel")
    return height, width, bits, compression, start

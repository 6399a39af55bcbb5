"""PBM, PGM and PPM. Source: netpbm's format descriptions."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ImageError
from shipedge.images.fields import Fields, take

_LONGEST = 20  # letters of a number
_BITS, _COLORS = (1, 4), (3, 6)  # kinds of black and white, and of three channels; those from 4 on are binary
_BINARY = 4


def read_fields(file: BinaryIO) -> Fields:
    """Kind, width, height, and the value of white."""
    kind, width, height, white = _numbers(file)
    if not 0 < white < 1 << 16:
        raise ValueError(f"white is {white}, expected 1 to 65535")
    return Fields(height, width, 1 if kind in _BITS else 8 if white < 256 else 16, 3 if kind in _COLORS else 1)


def decode(content: bytes, name: str) -> NDArray[np.uint8]:
    """(height, width) or (height, width, 3) uint8; the format says which value is white, so any depth is exact.

    Not by OpenCV, which takes 255 for white whatever the file says, and no numbers written in digits.

    Raises:
        ImageError: pixels are missing, or brighter than white.
    """
    file = io.BytesIO(content)
    kind, width, height, white = _numbers(file)
    channels = 3 if kind in _COLORS else 1
    count = height * width * channels
    rest = memoryview(content)[file.tell() :]
    values: NDArray[Any]
    try:
        if kind < _BINARY:
            text = bytes(rest)
            words = list(text.translate(None, b" \t\r\n\v\f")[:count]) if kind == 1 else text.split(None, count)[:count]
            values = np.array(words, np.int64) - (ord("0") if kind == 1 else 0)
        elif kind in _BITS:
            rows = np.frombuffer(rest, np.uint8, height * ((width + 7) // 8)).reshape(height, -1)
            values = np.unpackbits(rows, axis=1)[:, :width].reshape(-1)
        else:
            values = np.frombuffer(rest, np.uint8 if white < 256 else ">u2", count)
    except ValueError:
        values = np.zeros(0, np.uint8)
    if len(values) < count:
        raise ImageError(name, "the image is cut off (its last rows are missing)", "truncated")
    if values.max(initial=0) > white or values.min(initial=0) < 0:
        raise ImageError(name, f"the image is damaged: values above white, which is {white}", "damaged")
    shades = np.rint(np.arange(white + 1) * 255 / white).astype(np.uint8)
    pixels = shades[values].reshape(height, width, channels)
    if kind in _BITS:
        pixels = np.asarray(255 - pixels, np.uint8)  # there 1 is black
    return pixels if channels == 3 else pixels[..., 0]


def _numbers(file: BinaryIO) -> tuple[int, int, int, int]:
    kind = int(take(file, 2)[1:])
    width, height = _number(file), _number(file)
    return kind, width, height, 1 if kind in _BITS else _number(file)


def _number(file: BinaryIO) -> int:
    """The next number; one white space behind it is read, too."""
    digits = b""
    while True:
        byte = take(file, 1)
        if byte == b"#":
            while take(file, 1) not in b"\r\n":
                pass
        elif byte.isdigit() and len(digits) < _LONGEST:
            digits += byte
            continue
        elif not byte.isspace():
            raise ValueError(f"found {byte!r} where a number is expected")
        if digits:
            return int(digits)

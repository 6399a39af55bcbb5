"""PBM, PGM and PPM: header, and whether all pixels are there. Source: netpbm's format descriptions."""

from __future__ import annotations

import io
from typing import BinaryIO

from shipedge.errors import ImageError
from shipedge.images.fields import Fields, take

_LONGEST = 20  # letters of a number


def read_fields(file: BinaryIO) -> Fields:
    """Kind, width, height, and the largest value."""
    kind, width, height, largest = _numbers(file)
    if not 0 < largest < 1 << 16:
        raise ValueError(f"largest value is {largest}, expected 1 to 65535")
    return Fields(height, width, 1 if kind in (1, 4) else 8 if largest < 256 else 16, 3 if kind in (3, 6) else 1)


def check_whole(content: bytes, name: str) -> None:
    """Raise ImageError where pixels are missing; of the kinds written in digits the decoder knows."""
    file = io.BytesIO(content)
    kind, width, height, largest = _numbers(file)
    if kind < 4:
        return
    row = (width + 7) // 8 if kind == 4 else width * (3 if kind == 6 else 1) * (1 if largest < 256 else 2)
    if file.tell() + row * height > len(content):
        raise ImageError(name, "the image is cut off (its last rows are missing)", "truncated")


def _numbers(file: BinaryIO) -> tuple[int, int, int, int]:
    kind = int(take(file, 2)[1:])
    width, height = _number(file), _number(file)
    return kind, width, height, 1 if kind in (1, 4) else _number(file)


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

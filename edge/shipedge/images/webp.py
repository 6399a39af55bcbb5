"""WebP: header by its chunks, and whether the file is whole.

Source: WebP Container Specification (RFC 9649), VP8 data format (RFC 6386, section 9.1).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from shipedge.errors import ImageError
from shipedge.images.exif import orientation_of
from shipedge.images.fields import Fields, take
from shipedge.images.zeros import refuse_lost_blocks

_HEAD = 12
_EXIF_MOST = 1 << 20
_ZEROS = {b"VP8 ": 1 << 16, b"VP8L": 512, b"ALPH": 512}
"""Zero bytes that say that blocks were lost; the arithmetic coder of VP8 writes long runs of them for black areas."""


def read_fields(file: BinaryIO) -> Fields:
    """Walk the chunks: size from the pixels' own header, orientation from the EXIF chunk behind them."""
    size = struct.unpack("<4xI4x", take(file, _HEAD))[0]
    height = width = 0
    orientation, alpha = 1, False
    at = _HEAD
    while at + 8 <= size + 8 and len(head := file.read(8)) == 8:
        kind, length = struct.unpack("<4sI", head)
        if kind in (b"ANIM", b"ANMF"):
            raise NotImplementedError("an animated WebP, expected one image: convert it to a video")
        if kind == b"VP8 " and not height:
            width, height = (value & 0x3FFF for value in struct.unpack("<6xHH", take(file, 10)))
        elif kind == b"VP8L" and not height:
            bits = struct.unpack("<xI", take(file, 5))[0]
            width, height, alpha = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, alpha or bool(bits >> 28 & 1)
        elif kind == b"VP8X":
            alpha = bool(take(file, 1)[0] & 0x10)
        elif kind == b"EXIF" and length <= _EXIF_MOST:
            orientation = orientation_of(file.read(length))
        at += 8 + length + (length & 1)
        file.seek(at)
    if not height:
        raise EOFError
    return Fields(height, width, 8, 4 if alpha else 3, orientation, alpha)


def check_whole(content: bytes, name: str) -> None:
    """Raise ImageError where the file is shorter than it says, or blocks of its pixels were lost."""
    size = struct.unpack_from("<I", content, 4)[0] + 8
    if size > len(content):
        raise ImageError(name, "the image is cut off (its end is missing)", "truncated")
    at = _HEAD
    while at + 8 <= size:
        kind, length = struct.unpack_from("<4sI", content, at)
        if kind in _ZEROS:
            refuse_lost_blocks(content, at + 8, min(at + 8 + length, size), _ZEROS[kind], name)
        at += 8 + length + (length & 1)

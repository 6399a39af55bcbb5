"""JPEG 2000: header, and whether the codestream is whole by the chain of its tile-parts.

Source: ITU-T T.800 annex A (codestream) and annex I (boxes).
"""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO

from shipedge.errors import ImageError
from shipedge.images.fields import Fields, skip, take
from shipedge.images.zeros import refuse_lost_blocks

SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
CODESTREAM = b"\xff\x4f\xff\x51"
_TILE_PART, _END = 0xFF90, 0xFFD9
_ZEROS = 4096  # packets of nothing are single zero bytes, so a black corner of a scene has short runs of them


def read_fields(file: BinaryIO) -> Fields:
    """Size and components of the codestream."""
    _to_codestream(file)
    right, bottom, left, top = struct.unpack(">8xIIII", take(file, 24))
    channels, bits = struct.unpack(">16xHB", take(file, 19))
    return Fields(bottom - top, right - left, (bits & 127) + 1, channels, alpha=channels in (2, 4))


def check_whole(content: bytes, name: str) -> None:
    """Raise ImageError where the file ends before its last tile-part, or blocks of it were lost."""
    file = io.BytesIO(content)
    _to_codestream(file)
    start, found = file.tell(), set[int]()
    tiles = _tiles(content, start)
    skip(file, 2)
    try:
        while True:
            at = file.tell()
            marker, length = struct.unpack(">HH", take(file, 4))
            if marker == _END:
                break
            if marker == _TILE_PART:
                tile, part = struct.unpack(">HI", take(file, 6))
                found.add(tile)
                if not part:  # up to the end of the image
                    break
                if part < 12 or at + part + 2 > len(content):
                    raise EOFError
                file.seek(at + part)
                if content[at + part : at + part + 2] == b"\xff\xd9":
                    break
            elif marker >> 8 == 0xFF:
                skip(file, length - 2)
            else:
                raise ImageError(name, f"the image is damaged: no marker at byte {at}", "damaged")
    except (EOFError, struct.error):
        raise ImageError(name, "the image is cut off (its end is missing)", "truncated") from None
    if len(found) != tiles:
        raise ImageError(name, f"the image is damaged: it has {len(found)} of its {tiles} tiles", "damaged")
    refuse_lost_blocks(content, start, len(content), _ZEROS, name)


def _tiles(content: bytes, start: int) -> int:
    """How many tiles the size header says."""
    right, bottom, _, _, width, height, left, top = struct.unpack_from(">8I", content, start + 8)
    return -(-(right - left) // width) * -(-(bottom - top) // height) if width and height else 0


def _to_codestream(file: BinaryIO) -> None:
    """Moves to the codestream, through the boxes around it."""
    if take(file, 4) == CODESTREAM:
        file.seek(0)
        return
    file.seek(0)
    while True:
        length, kind = struct.unpack(">I4s", take(file, 8))
        head = 8
        if length == 1:
            length, head = struct.unpack(">Q", take(file, 8))[0], 16
        if kind == b"jp2c":
            if take(file, 4) != CODESTREAM:
                raise ValueError("the box of the codestream holds something else")
            file.seek(-4, os.SEEK_CUR)
            return
        if length < head:
            raise EOFError
        skip(file, length - head)

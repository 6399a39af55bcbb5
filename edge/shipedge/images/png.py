"""PNG: header by its chunks; the chunks that hold pixels, checked, without those that hold anything else.

Source: Portable Network Graphics (third edition), W3C.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from shipedge.errors import ImageError
from shipedge.images.exif import orientation_of
from shipedge.images.fields import Fields, skip, take

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, PALETTE = 0, 3
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_EXIF_MOST = 1 << 20


def read_fields(file: BinaryIO) -> Fields:
    """Walk the chunks to the end: orientation may stand behind the pixels."""
    take(file, len(SIGNATURE))
    length, kind = struct.unpack(">I4s", take(file, 8))
    if kind != b"IHDR" or length != 13:
        raise ValueError(f"begins with a chunk {kind!r} of {length} bytes, expected IHDR of 13")
    width, height, bits, color = struct.unpack(">IIBB", take(file, 10))
    if color not in _CHANNELS or max(width, height) >= 1 << 31:
        raise ValueError(f"color type {color} and size {width}x{height}")
    skip(file, 7)
    orientation, transparent = 1, False
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            break
        if kind == b"eXIf" and length <= _EXIF_MOST:
            orientation = orientation_of(file.read(length))
            length = 0
        if kind == b"acTL":
            raise NotImplementedError("an animated PNG, expected one image: convert it to a video")
        transparent |= kind == b"tRNS"
        skip(file, length + 4)
    return Fields(height, width, bits, _CHANNELS[color], orientation, transparent or color >= 4, color == PALETTE)


def pixels_alone(content: bytes, name: str, *, indices: bool = False) -> bytes:
    """The same image without texts, profiles and previews, each remaining chunk checked.

    Decoders print warnings about the rest, and some take gigabytes for a length that it claims.

    Args:
        content: a PNG file.
        name: for messages.
        indices: of a palette image, the numbers of the colors as grey values (of 1, 2, 4 or 8 bits).

    Raises:
        ImageError: cut off or damaged.
    """
    parts = [SIGNATURE]
    for kind, data in _chunks(content, name):
        if kind == b"IHDR" and indices:
            parts.append(_chunk(kind, b"".join((data[:9], bytes([GREY]), data[10:]))))
        elif kind in (b"IHDR", b"IDAT", b"IEND") or (kind in (b"PLTE", b"tRNS") and not indices):
            parts.append(_chunk(kind, data))
    return b"".join(parts)


def palette(content: bytes, name: str) -> bytes:
    """Red, green, blue, red, ... of the palette; empty where there is none. Raises ImageError as `pixels_alone`."""
    return next((bytes(data) for kind, data in _chunks(content, name) if kind == b"PLTE"), b"")


def _chunks(content: bytes, name: str) -> Iterator[tuple[bytes, memoryview]]:
    """(kind, data) of the chunks that matter for pixels, up to the end of the image."""
    view, at = memoryview(content), len(SIGNATURE)
    while True:
        if at + 12 > len(content):
            raise ImageError(name, "the image is cut off (its end is missing)", "truncated")
        length, kind = struct.unpack_from(">I4s", content, at)
        data = view[at + 8 : at + 8 + length]
        at += 12 + length
        if at > len(content):
            raise ImageError(name, "the image is cut off (its end is missing)", "truncated")
        if kind[0] & 0x20 and kind != b"tRNS":  # a small letter: not needed to show the image
            continue
        if zlib.crc32(data, zlib.crc32(kind)) != int.from_bytes(content[at - 4 : at], "big"):
            raise ImageError(name, f"the PNG is damaged: the checksum of a chunk {_shown(kind)} is wrong", "damaged")
        yield kind, data
        if kind == b"IEND":
            return


def _chunk(kind: bytes, data: bytes | memoryview) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _shown(kind: bytes) -> str:
    return kind.decode("ascii", "backslashreplace") if kind.isalpha() else repr(kind)

"""JPEG: its markers. Source: ITU-T T.81 annex B (markers, frame header, scan header)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from shipedge.images.exif import orientation_of
from shipedge.images.fields import Fields, skip, take

START = b"\xff\xd8"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those three are tables and extensions
TABLES, END, SCAN, JFIF, EXIF, ICC, ADOBE, COMMENT, LS = 0xC4, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE, 0xF7
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length field
_IN_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)  # inside of scan data FF is followed by 00 or a restart


def read_fields(file: BinaryIO) -> Fields:
    """Walk the markers up to the first scan."""
    orientation, frame = 1, None
    try:
        for marker, length in segments(file):
            if marker == EXIF and orientation == 1:
                block = take(file, length)
                if block.startswith(b"Exif\0\0"):
                    orientation = orientation_of(block)
            elif marker in FRAMES and frame is None:
                frame = struct.unpack(">BHHB", take(file, 6))
                skip(file, length - 6)
            elif marker == SCAN:
                break
            elif marker == LS:
                raise NotImplementedError("a JPEG-LS image, expected JPEG: convert it to PNG")
            else:
                skip(file, length)
    except EOFError:  # behind the frame: the decoder will say so
        if frame is None:
            raise
    if frame is None:
        raise EOFError
    bits, height, width, channels = frame
    return Fields(height, width, bits, channels, orientation)


def segments(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """(marker, bytes of its segment) from the second marker on; the caller moves the file behind each segment."""
    take(file, 2)
    while True:
        byte = take(file, 1)
        if byte != b"\xff":
            continue  # decoders skip what stands between segments
        while byte == b"\xff":
            byte = take(file, 1)
        marker = byte[0]
        if marker in _ALONE or not marker:
            continue
        if marker == END:
            raise EOFError
        yield marker, max(int.from_bytes(take(file, 2), "big") - 2, 0)


def find_frame(content: bytes) -> tuple[int, int] | None:
    """(marker, place of its FF) of the frame header, which says the size and how pixels are written."""
    at = len(START)
    while at + 10 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in FRAMES:
            return marker, at
        elif marker in (END, SCAN):
            break
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None


def find_end(content: bytes) -> int | None:
    """Where the end marker of the image is, by walking segments and scans; None where the image is cut off.

    What stands behind it (a film, a preview, another image) is not the image's.
    """
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            at = content.find(b"\xff", at)
            if at < 0:
                return None
            continue
        marker = content[at + 1]
        if marker == END:
            return at
        if marker in (0x00, 0xFF) or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == SCAN:
            at = scan_end(content, at)
            if at == len(content):
                return None
    return at if content[at : at + 2] == b"\xff\xd9" else None


def scan_end(content: bytes, start: int) -> int:
    """Where the marker behind the data of a scan is; the length of the file where there is none."""
    found = _IN_SCAN.search(content, start)
    return found.end() - 2 if found else len(content)

"""MP4 and QuickTime: boxes, each with its length; one of them, `moov`, describes the tracks."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["BOXES", "boxes", "edited_seconds", "is_mirrored", "mp4_breaks_off", "mp4_videos"]

BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof")
"""One of these comes first."""
MOOV = 1 << 26


def mp4_breaks_off(file: BinaryIO, size: int) -> bool | None:
    """True when a box is not there to its last byte, or no index is; None when only the header can tell."""
    index, position = False, 0
    for kind, _, position in boxes(file, size):
        index |= kind == b"moov"
        if position > size and kind in (b"mdat", b"moov", b"moof"):
            return True
    return True if position >= size and not index else None


def mp4_videos(file: BinaryIO, size: int) -> int:
    """How many videos are in it, also those of a second file behind the first."""
    return sum(1 for index in _indexes(file, size) for _ in _tracks(index))


def edited_seconds(name: str) -> float | None:
    """How long the video tracks of an MP4 play by its edit lists, which may leave frames out; None for other files."""
    index = _index(name)
    position = index.find(b"mvhd") + 4
    position += 20 if index[position : position + 1] == b"\1" else 12  # version 1 has times of 64 bits
    scale = int.from_bytes(index[position : position + 4], "big")
    lengths = [int.from_bytes(length, "big") for length, _ in _tracks(index)]
    return max(lengths) / scale if scale and lengths else None


def is_mirrored(name: str) -> bool:
    """Whether an MP4 asks to be shown as in a mirror, which OpenCV takes for a rotation."""
    for _, matrix in _tracks(_index(name)):
        a, b, _, c, d = struct.unpack(">5i", matrix[:20])
        if a * d < b * c:
            return True
    return False


def boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of the boxes of an MP4, up to one that has no length or was put behind the video."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(16)
        kind, length = head[4:8], int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if length < 8 or not kind.isalnum():
            return
        yield kind, position + 8, position + length
        position += length


def _index(name: str) -> bytes:
    """The content of the box that describes the tracks of an MP4; empty for other files."""
    with Path(name).open("rb") as file:
        return next(_indexes(file, os.fstat(file.fileno()).st_size), b"")


def _indexes(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The same of each file that stands here; of one in fragments the first only, as it may be repeated."""
    for kind, start, end in boxes(file, size):
        if kind == b"moof":
            return
        if kind == b"moov":
            file.seek(start)
            yield file.read(min(end - start, MOOV))


def _tracks(index: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(length, matrix) of each track that has a width, as in its header."""
    position = 0
    while (position := index.find(b"tkhd", position) + 4) >= 4:
        start, digits = (28, 8) if index[position : position + 1] == b"\1" else (20, 4)
        length, rest = index[position + start :][:digits], index[position + start + digits :][:60]
        if len(rest) == 60 and any(rest[52:56]):
            yield length, rest[16:52]

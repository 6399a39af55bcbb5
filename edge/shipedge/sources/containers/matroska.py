"""Matroska and WebM: elements within elements, each with its name and length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["matroska_breaks_off", "matroska_videos"]

SEGMENT, CLUSTER, TRACKS = 0x18538067, 0x1F43B675, 0x1654AE6B
ELEMENTS = (
    {0x1A45DFA3, 0x114D9B74, 0x1549A966, TRACKS, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367}  # of a segment
    | {0xE7, 0x5854, 0xA7, 0xAB, 0xA3, 0xA0, 0xAF}  # of a cluster
    | {0xEC, 0xBF}  # void and checksum, anywhere
)
TRACK, TYPE, VIDEO = 0xAE, 0x83, 1


def matroska_breaks_off(file: BinaryIO, size: int) -> bool:
    """Whether an element is not there to its last byte, or something is no element."""
    position, end = 0, size
    while position < end:
        file.seek(position)
        if (element := _element(file.read(12))) is None:
            return True
        name, width, length = element
        position += width
        if name == SEGMENT and length is not None:
            end = position + length
            if end > size:
                return True
        elif name not in (SEGMENT, CLUSTER):  # those two are entered
            if name not in ELEMENTS or length is None:
                return True
            position += length
    return position > end


def matroska_videos(file: BinaryIO, size: int) -> int:
    """How many of the tracks are videos; 0 where no list of them comes first."""
    position = 0
    while position < size:
        file.seek(position)
        if (element := _element(file.read(12))) is None:
            break
        name, width, length = element
        position += width
        if name == TRACKS:
            file.seek(position)
            tracks = [dict(_children(track)) for kind, track in _children(file.read(length or 0)) if kind == TRACK]
            return sum(int.from_bytes(track.get(TYPE, b""), "big") == VIDEO for track in tracks)
        if name != SEGMENT:
            if length is None:
                break
            position += length
    return 0


def _element(head: bytes) -> tuple[int, int, int | None] | None:
    """(name, bytes of name and length, length) of the element that begins here, None where none does.

    The length is None as well where a recorder could not go back to write it.
    """
    width = 9 - head[0].bit_length() if head else 0
    if len(head) <= width or not (first := head[width]):
        return None
    digits = 9 - first.bit_length()
    unknown = (1 << 7 * digits) - 1
    length = int.from_bytes(head[width : width + digits], "big") & unknown
    return int.from_bytes(head[:width], "big"), width + digits, None if length == unknown else length


def _children(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(name, content) of each element in this one."""
    position = 0
    while (element := _element(content[position : position + 12])) is not None:
        name, width, length = element
        position += width
        yield name, content[position : position + (length or 0)]
        position += length or 0

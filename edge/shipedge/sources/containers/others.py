"""AVI, Ogg, FLV, GIF, YUV4MPEG2 and ASF: where each of them ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

__all__ = [
    "ASF",
    "FLV",
    "asf_breaks_off",
    "avi_breaks_off",
    "flv_breaks_off",
    "flv_videos",
    "gif_breaks_off",
    "ogg_breaks_off",
    "y4m_breaks_off",
]

FLV = b"FLV\1"
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def asf_breaks_off(head: bytes, size: int) -> bool | None:
    """True when the file is shorter than its header says; None when only the time can tell."""
    position = head.find(ASF_FILE) + 40
    return size < int.from_bytes(head[position : position + 8], "little") or None if position >= 40 else None


def avi_breaks_off(file: BinaryIO, size: int) -> bool | None:
    """False when every chunk is there: those without content hold the frame before, which only the header counts."""
    position = end = 0
    while position + 8 <= size:
        file.seek(position)
        head = file.read(12)
        kind, length = head[:4], int.from_bytes(head[4:8], "little")
        if kind == b"RIFF":
            end = position + 8 + length
        elif position >= end:
            break
        if head[8:] in (b"AVI ", b"AVIX", b"movi", b"rec ") and kind in (b"RIFF", b"LIST"):
            position += 12
        elif kind.isalnum():
            position += 8 + length + length % 2
        else:
            return None
    return False if end <= position and end <= size and position <= size + 1 else None


def ogg_breaks_off(file: BinaryIO, size: int) -> bool:
    """Whether the last page is not whole, or does not say that it is the last."""
    position, ended = 0, False
    while position < size:
        file.seek(position)
        head = file.read(27 + 255)
        if len(head) < 27 or not head.startswith(b"OggS"):
            return not ended
        ended = bool(head[5] & 4)  # the page says that it is the last of its stream
        lengths = head[27 : 27 + head[26]]
        position += 27 + head[26] + sum(lengths)
    return position > size


def flv_breaks_off(file: BinaryIO, size: int) -> bool | None:
    """Whether the last tag is not whole; None where something else stands among them."""
    end = 0
    for head, end in _flv_tags(file, size):  # noqa: B007 - the last one counts
        if len(head) < 11:
            return True
        if not _is_flv(head):
            return None
    return end - 4 > size


def flv_videos(file: BinaryIO, size: int) -> int:
    """How many files stand one behind the other; FFmpeg reads the first."""
    videos = 0
    for head, _ in _flv_tags(file, size):
        if not _is_flv(head):
            break
        videos += head.startswith(FLV)
    return videos


def _flv_tags(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """(beginning, end) of each header and each tag."""
    position = 0
    while position < size:
        file.seek(position)
        head = file.read(11)
        position += 9 + 4 if head.startswith(FLV) else 11 + int.from_bytes(head[1:4], "big") + 4
        yield head, position


def _is_flv(head: bytes) -> bool:
    return head.startswith(FLV) or head[0] & 0x1F in (8, 9, 18)  # sound, video, description


def gif_breaks_off(file: BinaryIO) -> bool:
    """Whether the mark of the end is missing."""
    file.seek(10)
    screen = file.read(3)
    if len(screen) < 3:
        return True
    file.seek(_colors(screen[0]), os.SEEK_CUR)
    while (kind := file.read(1)) in (b"!", b","):
        if kind == b"!":
            file.read(1)
        elif len(position := file.read(9)) == 9:
            file.seek(_colors(position[8]) + 1, os.SEEK_CUR)
        while length := file.read(1):
            if length == b"\0":
                break
            file.seek(length[0], os.SEEK_CUR)
    return kind != b";"


def _colors(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def y4m_breaks_off(file: BinaryIO, head: bytes, size: int) -> bool | None:
    """Whether the last frame is not whole; None where the length of a frame is not known."""
    line, _, rest = head.partition(b"\n")
    values = {part[:1]: part[1:] for part in line.split()[1:]}
    sides = [values.get(b"W", b""), values.get(b"H", b"")]
    if not all(side.isdigit() for side in sides) or not rest.startswith(b"FRAME\n"):
        return None
    width, height = map(int, sides)
    colors = {b"420": -(-width // 2) * -(-height // 2), b"422": -(-width // 2) * height, b"444": width * height}
    kind = values.get(b"C", b"420")
    if kind[:3] not in colors or kind == b"444alpha":
        return None
    values_of_a_frame = width * height + 2 * colors[kind[:3]]
    frame = 6 + values_of_a_frame * (2 if b"p1" in kind else 1)  # p10 to p16: two bytes a value
    file.seek(max(size - frame, 0))
    return (size - len(line) - 1) % frame != 0 or file.read(6) != b"FRAME\n"

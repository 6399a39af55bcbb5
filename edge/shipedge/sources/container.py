"""Where a video file ends, by the structure of its container: no frame is decoded, only lengths are followed."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["boxes", "breaks_off", "edited_seconds", "has_times", "is_mirrored", "is_text", "video_streams"]

HEAD = 4096
MOOV = 1 << 26
_TEXT = frozenset(range(32, 127)) | set(b"\t\r\n\xef\xbb\xbf")
BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"moof")  # the first of an MP4
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
SEGMENT, CLUSTER = 0x18538067, 0x1F43B675
ELEMENTS = (
    {0x1A45DFA3, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367}  # of a segment
    | {0xE7, 0x5854, 0xA7, 0xAB, 0xA3, 0xA0, 0xAF}  # of a cluster
    | {0xEC, 0xBF}  # void and checksum, anywhere
)


def has_times(name: str) -> bool:
    """Whether the frames can have time stamps: a raw H.264, H.265 or JPEG stream is nothing but pictures."""
    with Path(name).open("rb") as file:
        head = file.read(5)
    code = head[head.startswith(b"\0\0\0") :]  # a start code has three or four bytes
    raw = code.startswith(b"\0\0\1") and code[3:] and code[3] not in (0xBA, 0xB3)  # those are MPEG-1 and MPEG-2
    return not raw and not head.startswith((b"\xff\xd8", b"--"))


def breaks_off(name: str) -> bool | None:
    """Whether the file ends in the middle of its structure.

    Returns:
        True when something is missing at its end, or when what stands there is no structure at all; False when every
        element is there to its last byte, so that a video track shorter than the file was made so; None when the
        structure does not tell, and only the length in the header can.
    """
    with Path(name).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(HEAD)
        if head.startswith(b"\x1aE\xdf\xa3"):
            return _matroska(file, size)
        if head[4:8] in BOXES:
            return _mp4(file, size)
        if head.startswith(b"OggS"):
            return _ogg(file, size)
        if head.startswith(b"FLV\1"):
            return _flv(file, size)
        if head.startswith(b"GIF8"):
            return _gif(file)
        if head.startswith(b"YUV4MPEG2 "):
            return _y4m(file, head, size)
        if head.startswith(ASF):
            place = head.find(ASF_FILE) + 40
            return size < int.from_bytes(head[place : place + 8], "little") or None if place >= 40 else None
        if head.startswith(b"\0\0\1\xba"):
            return _program(file, size)
        return _transport(file, head, size)


def edited_seconds(name: str) -> float | None:
    """How long the video tracks of an MP4 play by its edit lists, which may leave frames out; None for other files."""
    index = _index(name)
    place = index.find(b"mvhd") + 4
    place += 20 if index[place : place + 1] == b"\1" else 12  # version 1 has times of 64 bits
    scale = int.from_bytes(index[place : place + 4], "big")
    lengths = [int.from_bytes(length, "big") for length, _ in _tracks(index)]
    return max(lengths) / scale if scale and lengths else None


def is_mirrored(name: str) -> bool:
    """Whether an MP4 asks to be shown as in a mirror, which OpenCV takes for a rotation."""
    for _, matrix in _tracks(_index(name)):
        a, b, _, c, d = struct.unpack(">5i", matrix[:20])
        if a * d < b * c:
            return True
    return False


def video_streams(name: str) -> int:
    """How many videos are in an MP4, 0 where it does not tell; OpenCV reads the first."""
    return sum(1 for _ in _tracks(_index(name)))


def is_text(name: str) -> bool:
    """Whether a file is a text: FFmpeg would open what lists of files, playlists and descriptions of streams name."""
    with Path(name).open("rb") as file:
        head = file.read(64)
    return all(byte in _TEXT for byte in head) and not head.startswith((b"YUV4MPEG2 ", b"--"))


def _index(name: str) -> bytes:
    """The content of the box that describes an MP4; empty for other files."""
    with Path(name).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for kind, start, end in boxes(file, size):
            if kind == b"moov":
                file.seek(start)
                return file.read(min(end - start, MOOV))
    return b""


def _tracks(index: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(length, matrix) of each track that has a width, as in its header."""
    place = 0
    while (place := index.find(b"tkhd", place) + 4) >= 4:
        start, digits = (28, 8) if index[place : place + 1] == b"\1" else (20, 4)
        length, rest = index[place + start :][:digits], index[place + start + digits :][:60]
        if len(rest) == 60 and any(rest[52:56]):
            yield length, rest[16:52]


def _matroska(file: BinaryIO, size: int) -> bool:
    place, end = 0, size
    while place < end:
        file.seek(place)
        head = file.read(12)
        width = 9 - head[0].bit_length()
        name = int.from_bytes(head[:width], "big")
        if len(head) <= width or not (length := head[width]):
            return True
        digits = 9 - length.bit_length()
        place += width + digits
        length = int.from_bytes(head[width : width + digits], "big") & ((1 << 7 * digits) - 1)
        unknown = length == (1 << 7 * digits) - 1  # written by a recorder that could not go back
        if name == SEGMENT and not unknown:
            end = place + length
            if end > size:
                return True
        elif name not in (SEGMENT, CLUSTER):  # those two are entered
            if name not in ELEMENTS or unknown:
                return True
            place += length
    return place > end


def _mp4(file: BinaryIO, size: int) -> bool | None:
    index, place = False, 0
    for kind, _, place in boxes(file, size):
        index |= kind == b"moov"
        if place > size and kind in (b"mdat", b"moov", b"moof"):
            return True
    return True if place >= size and not index else None


def boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of the boxes of an MP4, up to one that has no length or was put behind the video."""
    place = 0
    while place + 8 <= size:
        file.seek(place)
        head = file.read(16)
        kind, length = head[4:8], int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if length < 8 or not kind.isalnum():
            return
        yield kind, place + 8, place + length
        place += length


def _ogg(file: BinaryIO, size: int) -> bool:
    place, ended = 0, False
    while place < size:
        file.seek(place)
        head = file.read(27 + 255)
        if len(head) < 27 or not head.startswith(b"OggS"):
            return not ended
        ended = bool(head[5] & 4)  # the page says that it is the last of its stream
        lengths = head[27 : 27 + head[26]]
        place += 27 + head[26] + sum(lengths)
    return place > size


def _flv(file: BinaryIO, size: int) -> bool | None:
    place = 9 + 4
    while place < size:
        file.seek(place)
        head = file.read(11)
        if len(head) < 11:
            return True
        if head[0] & 0x1F not in (8, 9, 18):
            return None
        place += 11 + int.from_bytes(head[1:4], "big") + 4
    return place - 4 > size


def _gif(file: BinaryIO) -> bool:
    file.seek(10)
    screen = file.read(3)
    if len(screen) < 3:
        return True
    file.seek(_colors(screen[0]), os.SEEK_CUR)
    while (kind := file.read(1)) in (b"!", b","):
        if kind == b"!":
            file.read(1)
        elif len(place := file.read(9)) == 9:
            file.seek(_colors(place[8]) + 1, os.SEEK_CUR)
        while length := file.read(1):
            if length == b"\0":
                break
            file.seek(length[0], os.SEEK_CUR)
    return kind != b";"


def _colors(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _y4m(file: BinaryIO, head: bytes, size: int) -> bool | None:
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


def _program(file: BinaryIO, size: int) -> bool | None:
    place = 0
    while place < size:
        file.seek(place)
        head = file.read(14)
        if not head.startswith(b"\0\0\1") or len(head) < 6:
            return True if not any(head[:3]) or len(head) < 6 else None
        if head[3] == 0xB9:
            return False
        if head[3] == 0xBA:
            place += 12 if head[4] >> 4 == 2 else 14 + (head[-1] & 7)
        else:
            place += 6 + int.from_bytes(head[4:6], "big")
    return place > size


def _transport(file: BinaryIO, head: bytes, size: int) -> bool | None:
    for packet, sync in ((188, 0), (192, 4), (204, 0)):
        for start in range(packet):
            if len(marks := head[start + sync :: packet][:8]) == 8 and set(marks) == {0x47}:
                rest = (size - start) % packet
                file.seek(size - rest - packet + sync)
                last = file.read(1)
                file.seek(size - rest + sync)
                return last != b"\x47" or file.read(1) == b"\x47"
    return None

"""MPEG streams: transport (ts, m2ts, packets of 188 bytes) and program (mpg, vob)."""

from __future__ import annotations

from typing import BinaryIO

__all__ = ["program_breaks_off", "transport_breaks_off", "transport_videos"]

SYNC = 0x47
FORMATS = ((188, 0), (192, 4), (204, 0))
"""Bytes of a packet, and where in it the mark is: plain, with a time before it, with a checksum behind it."""
VIDEOS = {0x01, 0x02, 0x10, 0x1B, 0x20, 0x24, 0x42, 0xD1, 0xEA}
"""Kinds of streams: MPEG-1, 2 and 4, H.264 and its second eye, H.265, AVS, Dirac, VC-1."""
TABLES = 1 << 20
"""Bytes from the beginning; the tables come several times a second."""


def transport_breaks_off(file: BinaryIO, head: bytes, size: int) -> bool | None:
    """Whether the last packet is not whole; None where the file is not made of packets."""
    if (layout := _layout(head)) is None:
        return None
    start, packet, sync = layout
    end = _without_zeros(file, size)
    if size - end >= packet:  # of a recorder that reserved more than it needed
        return (end - start) % packet != 0
    rest = (size - start) % packet
    file.seek(size - rest - packet + sync)
    last = file.read(1)
    file.seek(size - rest + sync)
    return last != b"\x47" or file.read(1) == b"\x47"


def transport_videos(file: BinaryIO, head: bytes) -> int:
    """How many videos the tables of a transport stream name, of all its programs; 0 where it is none or has none."""
    if (layout := _layout(head)) is None:
        return 0
    start, packet, sync = layout
    file.seek(start + sync)
    data = file.read(TABLES)
    programs: set[int] = set()
    videos: set[int] = set()
    for position in range(0, len(data) - 187, packet):
        number = int.from_bytes(data[position + 1 : position + 3], "big")
        if data[position] != SYNC or not number & 0x4000 or (number & 0x1FFF) not in programs | {0}:
            continue  # only packets in which a table begins
        skipped = 4 + (1 + data[position + 4] if data[position + 3] & 0x20 else 0)
        section = data[position + skipped : position + 188]
        section = section[1 + section[0] :] if section else b""  # up to the table of these bytes ends the one before
        if len(section) < 12:
            continue
        end = min(3 + (int.from_bytes(section[1:3], "big") & 0xFFF), len(section)) - 4  # without the checksum
        if section[0] == 0 and number & 0x1FFF == 0:  # programs
            programs |= {_number(section, k + 2) for k in range(8, end - 3, 4) if any(section[k : k + 2])}
        elif section[0] == 2:  # the streams of one program
            k = 12 + (int.from_bytes(section[10:12], "big") & 0xFFF)
            while k + 5 <= end:
                if section[k] in VIDEOS:
                    videos.add(_number(section, k + 1))
                k += 5 + (int.from_bytes(section[k + 3 : k + 5], "big") & 0xFFF)
    return len(videos)


def _number(section: bytes, position: int) -> int:
    """Of a stream: 13 bits."""
    return int.from_bytes(section[position : position + 2], "big") & 0x1FFF


def _layout(head: bytes) -> tuple[int, int, int] | None:
    """(bytes before the first packet, bytes of a packet, place of the mark in it)."""
    for packet, sync in FORMATS:
        for start in range(packet):
            if len(marks := head[start + sync :: packet][:8]) == 8 and set(marks) == {SYNC}:
                return start, packet, sync
    return None


def _without_zeros(file: BinaryIO, size: int) -> int:
    """The size without the zeros at the end."""
    while size:
        block = min(size, 1 << 16)
        file.seek(size - block)
        if content := file.read(block).rstrip(b"\0"):
            return size - block + len(content)
        size -= block
    return 0


def program_breaks_off(file: BinaryIO, size: int) -> bool | None:
    """Whether the last packet is not whole; None where something else stands among them."""
    position = 0
    while position < size:
        file.seek(position)
        head = file.read(14)
        if not head.startswith(b"\0\0\1") or len(head) < 6:
            return True if not any(head[:3]) or len(head) < 6 else None
        if head[3] == 0xB9:
            return False
        if head[3] == 0xBA:
            position += 12 if head[4] >> 4 == 2 else 14 + (head[-1] & 7)
        else:
            position += 6 + int.from_bytes(head[4:6], "big")
    return position > size

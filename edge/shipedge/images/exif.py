"""Directories of TIFF files, which EXIF uses too: tag -> values.

Sources: TIFF revision 6.0 (Adobe, 1992); BigTIFF (AWare Systems); EXIF 2.32 section 4.6.
"""

from __future__ import annotations

import io
import math
import struct
from typing import BinaryIO, NamedTuple

from shipedge.images.fields import take

ORIENTATION = 274
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LETTERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_TEXT, _LONGEST = 2, 64
_BYTES = (1, 7)
_FARTHEST = 1 << 48
_MOST_ENTRIES = 4096  # real directories hold some dozens
_MOST_VALUES = 1 << 24


class Entry(NamedTuple):
    """One tag of a directory: type, number of values, and the place of its values in the file."""

    kind: int
    length: int
    place: int


class Directory(NamedTuple):
    """The tags of one image of a TIFF file, and where the next directory is (0: nowhere)."""

    entries: dict[int, Entry]
    following: int


class Directories:
    """Reads directories of an open TIFF file.

    Raises:
        EOFError: the file ends early.
        ValueError: not a TIFF file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.seek(0)
        start = take(file, 8)
        self.order = {b"II": "<", b"MM": ">"}.get(start[:2], "")
        if not self.order:
            raise ValueError("neither II nor MM at its beginning")
        version = struct.unpack(f"{self.order}H", start[2:4])[0]
        self._big = version == 43
        if version not in (42, 43):
            raise ValueError(f"version is {version}, expected 42 or 43")
        first = take(file, 8) if self._big else start[4:8]
        self.first = int(struct.unpack(f"{self.order}{'Q' if self._big else 'I'}", first)[0])

    def read(self, offset: int) -> Directory:
        """The directory at an offset of the file."""
        number, entry, link = ("Q", "HHQQ", "Q") if self._big else ("H", "HHII", "I")
        self._seek(offset)
        count = self._unpack(number)[0]
        if count > _MOST_ENTRIES:
            raise ValueError(f"a directory of {count} entries")
        size = struct.calcsize(f"={entry}")
        table = take(self._file, count * size)
        following = self._file.read(struct.calcsize(f"={link}"))  # absent in some EXIF blocks
        start = offset + struct.calcsize(f"={number}")
        found: dict[int, Entry] = {}
        for at in range(0, len(table), size):
            tag, kind, values, place = struct.unpack_from(f"{self.order}{entry}", table, at)
            room = size - struct.calcsize(f"={entry[:-1]}")
            if values * _SIZES.get(kind, 1) <= room:
                place = start + at + size - room
            found.setdefault(tag, Entry(kind, values, place))
        whole = len(following) == struct.calcsize(f"={link}")
        return Directory(found, struct.unpack(f"{self.order}{link}", following)[0] if whole else 0)

    def values(self, directory: Directory, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """The integers of a tag."""
        entry = directory.entries.get(tag)
        if entry is None or entry.kind not in _LETTERS or entry.length > _MOST_VALUES:
            return default
        self._seek(entry.place)
        return self._unpack(f"{entry.length}{_LETTERS[entry.kind]}")

    def value(self, directory: Directory, tag: int, default: int) -> int:
        """The first integer of a tag."""
        entry = directory.entries.get(tag)
        if entry is None or entry.kind not in _LETTERS or not entry.length:
            return default
        self._seek(entry.place)
        return self._unpack(_LETTERS[entry.kind])[0]

    def content(self, directory: Directory, tag: int) -> bytes:
        """The bytes of a tag that holds bytes; empty where there is none."""
        entry = directory.entries.get(tag)
        if entry is None or entry.kind not in _BYTES or entry.length > _MOST_VALUES:
            return b""
        self._seek(entry.place)
        return take(self._file, entry.length)

    def number(self, directory: Directory, tag: int) -> float | None:
        """A number that is written as text, None where there is none."""
        entry = directory.entries.get(tag)
        if entry is None or entry.kind != _TEXT or entry.length > _LONGEST:
            return None
        self._seek(entry.place)
        try:
            value = float(take(self._file, entry.length).rstrip(b"\0"))
        except (ValueError, EOFError):
            return None
        return value if math.isfinite(value) else None

    def write(self, content: bytearray, directory: Directory, tag: int, value: int) -> None:
        """Put one value in the place of the first of a tag, in a copy of the file; nothing where it has no such tag."""
        entry = directory.entries.get(tag)
        if entry is not None and entry.length and entry.kind in _LETTERS:
            struct.pack_into(f"{self.order}{_LETTERS[entry.kind]}", content, entry.place, value)

    def write_first(self, content: bytearray, offset: int) -> None:
        """Let a copy of the file begin with another directory."""
        struct.pack_into(f"{self.order}{'Q' if self._big else 'I'}", content, 8 if self._big else 4, offset)

    def _seek(self, place: int) -> None:
        if place > _FARTHEST:  # as far as a file can be long, and less than what seek takes
            raise EOFError
        self._file.seek(place)

    def _unpack(self, form: str) -> tuple[int, ...]:
        layout = f"{self.order}{form}"
        return struct.unpack(layout, take(self._file, struct.calcsize(layout)))


def orientation_of(block: bytes) -> int:
    """Orientation 1..8 that an EXIF block (a TIFF file without pixels) notes; 1 where it says nothing sensible."""
    try:
        directories = Directories(io.BytesIO(block.removeprefix(b"Exif\0\0")))
        value = directories.value(directories.read(directories.first), ORIENTATION, 1)
    except (EOFError, ValueError, OverflowError, struct.error):  # viewers ignore a broken block, too
        return 1
    return value if 1 <= value <= 8 else 1

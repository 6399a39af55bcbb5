"""Tar files as streams: members in their order, from the first byte to the last.

A reader of its own because the one of Python holds whole headers in memory, however long they claim to be, and keeps
every member that it has passed.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from shipedge.errors import SourceError

__all__ = ["Member", "Packed", "read_tar"]

_BLOCK = 512
_LONGEST_NAME = 1 << 16
"""Bytes of a header that gives a longer name to the member behind it."""
_FREE = 1 << 30
_FOR_A_BYTE = 200
"""Bytes that a packed file may become for each of its own beyond `_FREE`: images are packed already."""
_LINKS = {"1": "a hard link", "2": "a link", "3": "a device", "4": "a device", "6": "a pipe", "S": "a sparse file"}


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at the end."""
        ...


class Member(NamedTuple):
    """One member.

    Attributes:
        name: as the file has it.
        content: its bytes.
        trouble: why there are none; "" where there are.
    """

    name: str
    content: bytes
    trouble: str = ""


class Packed:
    """A file that gzip has packed, unpacked as it is read, within bounds."""

    def __init__(self, file: Readable) -> None:
        """Takes the packed file."""
        self._own, self._read = _Counted(file), 0
        self._file = gzip.GzipFile(fileobj=self._own)  # type: ignore[call-overload]

    def read(self, size: int, /) -> bytes:
        """At most so many bytes. Raises SourceError where it is damaged or a bomb."""
        try:
            data: bytes = self._file.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise SourceError(f"the gzip stream is damaged: {error}") from None
        self._read += len(data)
        if self._read > _FREE + _FOR_A_BYTE * self._own.count:
            raise SourceError(
                f"{self._own.count} bytes become more than {self._read}, which no images do: unpack it yourself"
            )
        return data


class _Counted:
    def __init__(self, file: Readable) -> None:
        self._file, self.count = file, 0

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self.count += len(data)
        return data


def read_tar(file: Readable, wanted: tuple[str, ...], most_bytes: int) -> Iterator[Member]:
    """Every member whose name ends so.

    Args:
        file: read from where it is to its end; an archive that follows another one is read as well.
        wanted: suffixes in lower case.
        most_bytes: of a member, larger ones are passed over.

    Raises:
        SourceError: it is damaged or cut off: what follows cannot be read.
    """
    at, longer, ended = 0, dict[str, str](), True
    while header := _exactly(file, _BLOCK, at, at_end=True):
        at += _BLOCK
        if not any(header):
            ended = True
            continue
        ended = False
        kind, size, name = _parsed(header, at - _BLOCK)
        size = int(longer.pop("size", size))
        padded = -(-size // _BLOCK) * _BLOCK
        if kind in "xL":
            if size > _LONGEST_NAME:
                raise SourceError(f"the header at byte {at - _BLOCK} is {size} bytes long, expected a name")
            data = _exactly(file, padded, at)[:size]
            longer.update(_extended(data, at) if kind == "x" else {"path": _decoded(data)})
            at += padded
            continue
        if kind not in "gK":
            name, trouble = longer.get("path", name), _LINKS.get(kind, "")
            if any(key.startswith("GNU.sparse") for key in longer):
                trouble = "a sparse file"
            longer = {}
            if kind != "5" and name.lower().endswith(wanted):
                if trouble:
                    yield Member(name, b"", f"is {trouble}, expected an image file")
                elif size <= most_bytes:
                    content = _exactly(file, padded, at, name)[:size]
                    at += padded
                    yield Member(name, content)
                    continue
                else:
                    yield Member(name, b"", f"{size} bytes, expected at most {most_bytes}")
        _skip(file, 0 if kind in "123456" else padded, at)
        at += 0 if kind in "123456" else padded
    if not ended:
        raise SourceError(f"is cut off at byte {at}: the mark of its end is missing")


def _parsed(header: bytes, at: int) -> tuple[str, int, str]:
    """(kind, size, name) of a header. Raises SourceError where it is none."""
    checksum = sum(header[:148]) + 8 * 32 + sum(header[156:])
    size = _number(header[124:136])
    if _number(header[148:156]) != checksum or size is None:
        raise SourceError(f"is damaged at byte {at}: expected the header of a member of a tar file")
    name, prefix = _decoded(header[:100]), _decoded(header[345:500])
    if header[257:263] == b"ustar\0" and prefix:
        name = f"{prefix}/{name}"
    return chr(header[156]) if header[156] else "0", size, name


def _number(field: bytes) -> int | None:
    """Octal digits, or binary where the first bit is set."""
    if field[0] == 0x80:
        value = int.from_bytes(field[1:], "big")
        return value if value < 1 << 62 else None
    text = field.strip(b" \0")
    return int(text, 8) if text and all(48 <= digit < 56 for digit in text) else None


def _decoded(name: bytes) -> str:
    return name.split(b"\0")[0].decode("utf-8", "surrogateescape")


def _extended(data: bytes, at: int) -> dict[str, str]:
    """{"path": ...} of an extended header: lines "LENGTH KEY=VALUE". Raises SourceError where it is none."""
    found = {}
    while data:
        length, _, _ = data.partition(b" ")
        count = int(length) if length.isdigit() and len(length) < 7 else 0
        line, data = data[:count], data[count:]
        key, equals, value = line[len(length) + 1 :].partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise SourceError(f"is damaged at byte {at}: expected the name of a member")
        found[key.decode("utf-8", "replace")] = value[:-1].decode("utf-8", "surrogateescape")
    size = found.get("size", "0")
    if not (size.isascii() and size.isdigit() and len(size) < 19):
        raise SourceError(f"is damaged at byte {at}: expected the size of a member")
    return found


def _exactly(file: Readable, size: int, at: int, name: str = "", *, at_end: bool = False) -> bytes:
    """So many bytes. Raises SourceError where there are fewer; `at_end`: none may be left."""
    parts, left = [], size
    while left and (data := file.read(min(left, 1 << 20))):
        parts.append(data)
        left -= len(data)
    if left and not (at_end and left == size):
        raise SourceError(f"is cut off at byte {at + size - left}{f', in {name}' if name else ''}")
    return b"".join(parts)


def _skip(file: Readable, size: int, at: int) -> None:
    while size:
        size -= len(_exactly(file, min(size, 1 << 20), at))

"""What each format's header reader returns, and how it reads: exact numbers of bytes, or EOFError."""

from __future__ import annotations

import os
from typing import BinaryIO, NamedTuple


class Fields(NamedTuple):
    """Stored size and layout of an image; the names are those of `ImageHeader`."""

    height: int
    width: int
    bits: int = 8
    channels: int = 3
    orientation: int = 1
    alpha: bool = False
    palette: bool = False
    nodata: float | None = None
    placed: bool = False


def take(file: BinaryIO, count: int) -> bytes:
    """The next `count` bytes. Raises EOFError where there are fewer."""
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def skip(file: BinaryIO, count: int) -> None:
    """Moves on by `count` bytes, perhaps beyond the end."""
    file.seek(count, os.SEEK_CUR)

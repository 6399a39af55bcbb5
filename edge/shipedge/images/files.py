"""The bytes of a file, which may turn out to be something else than a file."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from shipedge.errors import ImageError

MOST_BYTES = (1 << 31) - 1
"""Of an image file: decoders count bytes with 32 bits."""


@contextmanager
def open_file(path: str | os.PathLike[str], most_bytes: int | None = MOST_BYTES) -> Iterator[BinaryIO]:
    """A regular file, open for reading; `most_bytes` None allows any size.

    Raises:
        ImageError: missing, no permission, empty, larger than allowed, or no regular file (a pipe would be waited for).
    """
    descriptor = _open(path, most_bytes)
    try:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The content of a regular file. Raises ImageError as `open_file` does."""
    descriptor = _open(path, MOST_BYTES)
    try:
        # Unbuffered and to the end: a buffered read of "at most 2 GiB" would take memory for them first.
        return io.FileIO(descriptor, closefd=False).readall()
    except OSError as error:
        raise ImageError(str(path), f"cannot be read: {error.strerror or error}") from None
    finally:
        os.close(descriptor)


def _open(path: str | os.PathLike[str], most_bytes: int | None) -> int:
    name = str(path)
    try:
        # A pipe without a writer would be waited for; O_NONBLOCK changes nothing for regular files.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise ImageError(name, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a NUL byte in the name
        raise ImageError(repr(name), f"cannot be read: {error}") from None
    status = os.fstat(descriptor)
    trouble = None
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
        trouble = f"is {what}, expected an image file"
    elif not status.st_size:
        trouble = "the file is empty"
    elif most_bytes is not None and status.st_size > most_bytes:
        trouble = f"{status.st_size} bytes, expected at most {most_bytes}"
    if trouble is not None:
        os.close(descriptor)
        raise ImageError(name, trouble)
    return descriptor

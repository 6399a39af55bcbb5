"""Files that the user names as inputs: opened in one way, so that none is waited for or read without end."""

from __future__ import annotations

import errno
import io
import os
import select
import stat
import time
from pathlib import Path
from typing import BinaryIO, Protocol

from shipedge.errors import DatasetError

__all__ = ["open_input", "read_input", "read_most", "shown_size"]

_PATIENCE_S = 2.0  # for a program that is to write into a pipe and has just been started


class Readable(Protocol):
    """What bytes can be read from: a file, packed or not, or a stream."""

    def read(self, size: int, /) -> bytes | None:
        """At most so many bytes; none at the end."""
        ...


def open_input(path: str | os.PathLike[str], *, pipes: bool = True) -> BinaryIO:
    """A regular file, or a pipe that a program writes into, open for reading.

    Args:
        path: what the user named.
        pipes: False refuses pipes, too.

    Raises:
        OSError: missing, no permission, a folder, a device, a socket, or a pipe that no program writes into.
    """
    # A pipe without a writer would be waited for; O_NONBLOCK changes nothing for regular files.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISFIFO(mode) and pipes:
            _await_writer(descriptor)
            os.set_blocking(descriptor, True)
        elif stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder, expected a file", os.fspath(path))
        elif not stat.S_ISREG(mode):
            kind = "a pipe" if stat.S_ISFIFO(mode) else "a device"
            raise OSError(errno.EINVAL, f"is {kind}, expected a file", os.fspath(path))
        return os.fdopen(descriptor, "rb")
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, OSError):
            error.filename = os.fspath(path)
        raise


def read_input(path: Path, most: int) -> bytes:
    """The content of an input of at most ``most`` bytes.

    Raises:
        DatasetError: larger, or what `open_input` refuses.
    """
    try:
        with open_input(path) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size > most:  # before anything of it is read
                raise DatasetError(f"{path} is {status.st_size} bytes long, expected at most {shown_size(most)}")
            data = read_most(file, most)
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > most:
        raise DatasetError(f"{path} is over {shown_size(most)} long, expected less")
    return data


def shown_size(size: int) -> str:
    """``1 << 30`` -> ``1 GiB``."""
    return f"{size >> 30} GiB" if size >= 1 << 30 else f"{size >> 20} MiB"


def read_most(file: Readable, most: int) -> bytes:
    """What is left in a file, but at most one byte more than ``most``: then it is too long.

    In parts, because a buffer for `most` bytes costs more than many a file.

    Raises:
        OSError: it cannot be read, or its bytes come when something happens, as those of /proc/kmsg.
    """
    data = io.BytesIO()
    while (size := data.tell()) <= most:
        part = file.read(min(1 << 22, most + 1 - size))
        if part is None:
            raise OSError(errno.EAGAIN, "is a device, expected a file")
        if not part:
            break
        data.write(part)
    return data.getvalue()


def _await_writer(descriptor: int) -> None:
    """Wait until somebody writes into, or has closed, a pipe that was opened non-blocking."""
    deadline = time.monotonic() + _PATIENCE_S
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        if time.monotonic() < deadline:
            continue
        try:
            if not os.read(descriptor, 1):
                raise OSError(errno.ENXIO, "no program writes into this pipe")
        except BlockingIOError:  # it has a writer, which is slow
            return
        # The first byte came this very moment, after the patience was over, and is lost.
        raise OSError(errno.ETIMEDOUT, "the program that writes into this pipe was too slow")

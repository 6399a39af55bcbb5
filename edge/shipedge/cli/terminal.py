"""The standard streams of the process: always open, able to take any text, and stderr for our own sentences alone."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, TextIO

DEBUG = "SHIPEDGE_DEBUG"
"""Environment variable that lets the lines of decoders and runtimes through to stderr."""


def prepare() -> None:
    """Make the standard streams ready for a command; streams that a test has replaced only get their error handler.

    C and C++ libraries (libjpeg, libpng, FFmpeg, TensorFlow) write to file descriptor 2. It leads nowhere from here
    on, and Python's own `sys.stderr` goes on with a copy of it.
    """
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # cp1252 cannot write every file name
    if _descriptor(sys.stdout) == 1 and sys.stdout.isatty():
        sys.stdout = _reopen(1, sys.stdout)
    if _descriptor(sys.stderr) == 2 and not os.environ.get(DEBUG):
        sys.stderr = _reopen(os.dup(2), sys.stderr)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)


def printable(text: str) -> str:
    """One line that every terminal shows as it is: control characters and undecodable bytes become escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def silence_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush into a closed pipe says nothing either."""
    descriptor = _descriptor(sys.stdout)
    if descriptor is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError):  # not a file: a test's buffer, a closed stream
        return None


def _open_closed() -> None:
    """Point standard streams that were closed (`2>&-`) at nothing.

    Otherwise the next file that is opened gets their descriptor, and with it whatever a library prints.
    """
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:
        os.set_inheritable(descriptor, True)
        stream = ("stdin", "stdout", "stderr")[descriptor]
        if getattr(sys, stream) is None:
            setattr(sys, stream, open(descriptor, "w" if descriptor else "r", closefd=False))  # noqa: SIM115 - for good
        descriptor = os.dup(descriptor)
    os.close(descriptor)


class _Terminal(io.FileIO):
    """A terminal that may go away (an SSH connection breaks): what is written from then on is lost, not the work."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return memoryview(data).nbytes


def _reopen(descriptor: int, like: TextIO) -> TextIO:
    """A text stream over ``descriptor`` that behaves like another one and takes any text."""
    if os.name == "posix" and like.isatty():
        buffer = io.BufferedWriter(_Terminal(descriptor, "w", closefd=False))
        return io.TextIOWrapper(buffer, like.encoding, "backslashreplace", line_buffering=True)
    return open(descriptor, "w", 1, like.encoding, "backslashreplace", closefd=False)

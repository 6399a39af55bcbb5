"""The standard streams of the process: always open, able to take any text, and stderr for our own sentences alone."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TextIO

import click

DEBUG = "SHIPEDGE_DEBUG"
"""Environment variable that lets the lines of decoders and runtimes through to stderr."""


LONGEST = 1000
"""Characters of a line for people; what is longer loses its middle."""
_OWN = re.compile(r"(?:\r(?:\x1b\[K|\x1b\[\?25l)? *)+|\x1b\[\?25h(?=\n)")
"""What moves the cursor for our progress bars, at the begin of what is written."""


def prepare() -> None:
    """Make the standard streams ready for a command; streams that a test has replaced only get their error handler.

    C and C++ libraries (libjpeg, libpng, FFmpeg, TensorFlow) write to file descriptor 2. It leads nowhere from here
    on, and Python's own `sys.stderr` goes on with a copy of it.
    """
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # cp1252 cannot write every file name
    if _descriptor(sys.stdout) == 1:
        sys.stdout.flush()
        sys.stdout = _reopen(1, sys.stdout)
    if _descriptor(sys.stderr) == 2:
        if os.environ.get(DEBUG):
            sys.stderr = _reopen(2, sys.stderr)
            return
        sys.stderr = _reopen(os.dup(2), sys.stderr)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)


def say(*lines: object, err: bool = False) -> None:
    """Print lines for people: each one stays one line, whatever names and values from files it holds.

    Values for machines (JSON, run lengths) are printed by `click.echo`: the streams escape what a terminal would obey,
    but do not cut.
    """
    for line in lines:
        click.echo(printable(str(line)), err=err)


@contextmanager
def drawing() -> Iterator[TextIO]:
    """Standard error as a terminal that obeys: for what we draw there, in which every text is `printable`."""
    sys.stderr.flush()
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding, errors="backslashreplace") as stream:
        yield stream


def printable(text: str, longest: int = LONGEST) -> str:
    """One line that every terminal shows as it is: no control characters, no change of direction, not too long."""
    if len(text) > longest:  # the end of a sentence says what was expected
        text = f"{text[: longest // 2]} ... ({len(text):,} characters) ... {text[-longest // 4 :]}"
    return _escaped(text)


def _escaped(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    # DEL is the one that json.dumps leaves as it is, and JSON knows no \x7f.
    return "\\u007f" if character == "\x7f" else character.encode("unicode_escape").decode()


def finish() -> None:
    """Write what is still in the standard streams; one that is full is silenced, or the interpreter would fail over it.

    To be called when the failure has been told, or is about to be.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            silence(stream)
        except ValueError:  # closed by a test
            pass


def silence(stream: TextIO) -> None:
    """Point a standard stream at nothing, so that the interpreter's last flush says nothing and does not fail."""
    descriptor = _descriptor(stream)
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


class _Text(io.TextIOWrapper):
    """A stream of lines: control characters other than the end of a line are escaped, whoever writes them."""

    def write(self, text: str, /) -> int:
        start = found.end() if (found := _OWN.match(text)) else 0
        super().write(text[:start] + "\n".join(map(_escaped, text[start:].split("\n"))))
        return len(text)


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
    """A text stream over ``descriptor`` that behaves like another one, takes any text, and controls no terminal."""
    terminal = like.isatty()
    raw: BinaryIO
    if os.name == "posix" and terminal:
        raw = io.BufferedWriter(_Terminal(descriptor, "w", closefd=False))
    else:
        raw = open(descriptor, "wb", closefd=False)  # noqa: SIM115 - for good
    return _Text(raw, like.encoding, "backslashreplace", line_buffering=terminal or descriptor != 1)

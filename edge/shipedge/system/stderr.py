"""What FFmpeg and libtiff say of damage: OpenCV returns pixels that the decoder made up, and hands on no error.

They write their errors to the standard error stream of the process, so that is where they are caught, and only while
OpenCV decodes. Everything else that arrives there meanwhile goes on to the stream at once.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import BinaryIO, TypeVar

__all__ = ["FFMPEG", "TIFF", "capture_stderr"]

_Result = TypeVar("_Result")

_TURN = threading.RLock()
"""One decoder at a time, in all threads of the process: the stream does not tell whose lines are whose."""
if sys.platform != "win32":  # a process forked meanwhile would keep the wrong stream, and a lock nobody opens
    os.register_at_fork(before=_TURN.acquire, after_in_parent=_TURN.release, after_in_child=_TURN.release)

FFMPEG = re.compile(rb"\[([\w,/ .-]+) @ 0x[0-9a-f]+\] (.*)\n?")  # "[h264 @ 0x55f2...] error while decoding MB 0 11"
TIFF = re.compile(rb"(?:TIFF_Error|OpenCV TIFF(?:\(line \d+\))?:?) (.*)")
_LIBRARY = re.compile(
    rb"\[(?: ?WARN|ERROR| ?INFO):\d+@|    Last message repeated|Truncating packet| \(Invalid argument\): fmt:"
)


def capture_stderr(action: Callable[[], _Result], whose: re.Pattern[bytes]) -> tuple[_Result, list[str]]:
    """The result of an action, and the complaints of `FFMPEG` ("h264: ...") or `TIFF` during it.

    A decoder with several threads goes on after the action: it must have one only.
    """
    with _TURN, contextlib.closing(_scratch()) as file:
        stderr = _copy_of_stderr()
        os.dup2(file.fileno(), 2)
        try:
            result = action()
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            file.seek(0)
            lines = file.read().splitlines(keepends=True)
            _pass_on(b"".join(FFMPEG.sub(b"", line) for line in lines if not _LIBRARY.match(line)))
    complaints = [found for line in lines if (found := whose.search(line))]
    return result, [b": ".join(found.groups()).decode("utf-8", "replace") for found in complaints]


def _scratch() -> BinaryIO:
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("ffmpeg"), "w+b", buffering=0)  # no disk, which may be full or read-only
    return tempfile.TemporaryFile(buffering=0)


def _copy_of_stderr() -> int:
    with contextlib.suppress(OSError):
        return os.dup(2)
    # Closed, as that of many daemons. It leads nowhere from now on: otherwise the next file that somebody opens would
    # get its number, and with it the lines of FFmpeg.
    nothing = os.open(os.devnull, os.O_WRONLY)
    if nothing != 2:
        os.dup2(nothing, 2)
        os.close(nothing)
    return os.dup(2)


def _pass_on(text: bytes) -> None:
    if text:
        with contextlib.suppress(OSError), os.fdopen(2, "wb", closefd=False) as stream:  # a terminal that went away
            stream.write(text)

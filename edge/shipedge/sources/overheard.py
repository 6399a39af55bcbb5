"""What FFmpeg says of a damaged video: OpenCV returns frames that the decoder made up, and hands on no error.

FFmpeg writes its errors to the standard error stream of the process, so that is where they are caught.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from types import TracebackType
from typing import BinaryIO

__all__ = ["Overheard"]

_FFMPEG = re.compile(rb"\[[\w,/ .-]+ @ 0x[0-9a-f]+\] ")  # "[h264 @ 0x55f2...] error while decoding MB 0 11"
_LIBRARY = re.compile(rb"\[(?: ?WARN|ERROR| ?INFO):\d+@|    Last message repeated| \(Invalid argument\): fmt:")
_HARMLESS = re.compile(
    rb"hardware accelerated|Failed to get pixel format|Get current frame error"  # another decoder takes over
    rb"|mmco: unref short failure|co located POCs unavailable|number of reference frames|deprecated pixel format"
)
_MOST = 1 << 20


class Overheard:
    """The complaints of FFmpeg while the block runs; lines of others go on to the stream when it ends."""

    _lock = threading.Lock()
    _users = 0
    _saved: int
    _file: BinaryIO

    def __enter__(self) -> Overheard:
        """Catch file descriptor 2, unless another block does so already."""
        with self._lock:
            if not Overheard._users:
                sys.stderr.flush()
                Overheard._file = tempfile.TemporaryFile("a+b", buffering=0)
                Overheard._saved = os.dup(2)
                os.dup2(self._file.fileno(), 2)
            Overheard._users += 1
            self._place = os.fstat(self._file.fileno()).st_size
        return self

    def take(self) -> list[str]:
        """Complaints since the last call, without the harmless ones."""
        with self._lock:
            text = os.pread(self._file.fileno(), _MOST, self._place)
            text = text[: text.rfind(b"\n") + 1]
            self._place += len(text)
        lines = [line for line in text.splitlines() if not _HARMLESS.search(line)]
        return [line[found.end() :].decode("utf-8", "replace") for line in lines if (found := _FFMPEG.match(line))]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The last block gives the stream back."""
        with self._lock:
            Overheard._users -= 1
            if self._users:
                return
            os.dup2(self._saved, 2)
            lines = os.pread(self._file.fileno(), _MOST, 0).splitlines(keepends=True)
            os.write(2, b"".join(line for line in lines if not _FFMPEG.match(line) and not _LIBRARY.match(line)))
            os.close(self._saved)
            self._file.close()

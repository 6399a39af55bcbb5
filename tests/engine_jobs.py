"""Jobs that test workers: what an item says is done with it."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from shipedge.engines import limit
from shipedge.engines.tries import Share
from shipedge.errors import DatasetError, ImageError


class Square(NamedTuple):
    """Squares numbers; another item ends the worker by the signal that it names, hangs or is an error."""

    timeout_s: float = 0.0

    def open(self) -> Callable[[Share[object]], list[int]]:
        """The function of a share."""
        return lambda piece: [self._one(item) for item in piece.items]

    def _one(self, item: object) -> int:
        with limit.limited(self.timeout_s):
            if isinstance(item, int):
                return item * item
            if item == "hang":
                while True:
                    signal.pause()
            if item == "dataset":
                raise DatasetError("no such dataset")
            if item == "image":
                raise ImageError("x.jpg", "is no image")
            if item == "disk":
                raise OSError(errno.ENOSPC, "No space left on device", "x.png")
            if item == "bug":
                raise AssertionError("a bug")
            os.kill(os.getpid(), getattr(signal, str(item)))
            raise AssertionError(item)


class Unopened(NamedTuple):
    """A job that cannot be opened: an error, or the end of the worker."""

    how: str
    timeout_s: float = 0.0

    def open(self) -> Callable[[Share[object]], list[int]]:
        """Fails."""
        Square()._one(self.how)
        raise AssertionError(self.how)


class Slow(NamedTuple):
    """Writes half of a file, waits for `go`, and writes the rest."""

    folder: Path
    timeout_s: float = 0.0

    def open(self) -> Callable[[Share[str]], None]:
        """The function of names."""

        def write(piece: Share[str]) -> None:
            for name in piece.items:
                with (self.folder / name).open("w", buffering=1) as file:
                    file.write("half\n")
                    with (self.folder / "go").open() as go:  # a pipe
                        go.read()
                    file.write("whole\n")

        return write

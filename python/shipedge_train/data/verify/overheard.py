"""What decoders say behind Python's back: libjpeg and libpng write their warnings to the process's stderr."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


class Overheard:
    """The text that was written to stderr, by any library, since the last `take`."""

    def __init__(self, file: int) -> None:
        self._file, self._read = file, 0

    def take(self) -> str:
        """The new text."""
        end = os.lseek(self._file, 0, os.SEEK_END)
        os.lseek(self._file, self._read, os.SEEK_SET)
        text = os.read(self._file, min(end - self._read, 1 << 20))
        self._read = end
        os.lseek(self._file, end, os.SEEK_SET)
        return text.decode(errors="replace").strip()


@contextmanager
def overhear() -> Iterator[Overheard]:
    """Catch stderr of the whole process, C libraries included, while the block runs.

    A damaged picture may decode without an error: the decoder fills up the rest and only prints a line.
    """
    with tempfile.TemporaryFile() as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield Overheard(2)
        finally:
            os.dup2(kept, 2)
            os.close(kept)

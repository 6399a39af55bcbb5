"""Libraries written in C++ greet on the terminal, past Python's own streams."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet"]


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps off the terminal what is written to file descriptor 2 ("INFO: Created TensorFlow Lite XNNPACK delegate").

    For calls whose errors come as exceptions, so that nothing is lost. Of the whole process: not beside other threads
    that have something to say.
    """
    sys.stderr.flush()
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)

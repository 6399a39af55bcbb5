"""Too little memory: one sentence, wherever it shows itself."""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Iterator

_AT_LEAST, _A_CORE = 96 << 20, 12 << 20  # bytes; measured: NumPy maps them, its OpenBLAS more for each thread
_OPENCV = 376 << 20  # bytes; measured: OpenCV maps 355 MiB of libraries and for its threads
_SAID = (  # by the loader of libraries, by Python and by C++
    "failed to map segment",
    "annot allocate memory",
    "can't start new thread",
    "bad_alloc",
    "error return without exception set",  # of a module that could not be set up
)

SENTENCE = "not enough memory"


def require() -> None:
    """Raises MemoryError where NumPy could not be loaded: its OpenBLAS then ends the process without a word."""
    _require(_for_numpy())


def require_for_opencv() -> None:
    """Raises MemoryError where OpenCV could not be loaded: it crashes then."""
    if "cv2" not in sys.modules:
        _require(_OPENCV + (0 if "numpy" in sys.modules else _for_numpy()))


def _for_numpy() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return _AT_LEAST + _A_CORE * min(cores, 64)


def _require(size: int) -> None:
    if not is_left(size):
        raise MemoryError(f"at least {size >> 20} MiB more are needed")


def is_left(size: int) -> bool:
    """Whether so many bytes could be had."""
    try:
        mmap.mmap(-1, size).close()
    except (OSError, MemoryError):
        return False
    return True


def sentence(error: BaseException) -> str | None:
    """What to say of an error that comes from too little memory; None for all others."""
    for cause in _causes(error):
        text = str(cause)
        if isinstance(cause, MemoryError):
            return f"{SENTENCE}: {text}" if text and not any(phrase in text for phrase in _SAID) else SENTENCE
        if isinstance(cause, (ImportError, RuntimeError, SystemError)) and any(phrase in text for phrase in _SAID):
            return SENTENCE
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(20):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__

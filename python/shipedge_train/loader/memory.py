"""How the C library treats freed memory, which decides how fast large images are decoded."""

from __future__ import annotations

import ctypes
import sys

# Numbers of glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LARGEST_MMAP_THRESHOLD = 32 << 20  # bytes: glibc refuses more
_KEPT = 512 << 20  # bytes


def keep_freed_memory() -> None:
    """Let glibc keep what is freed, for the whole process; does nothing elsewhere.

    By default it gives a decoded image's 1.8 MB and a batch's arrays back to the system and takes them anew for the
    next one. The system then clears every page again, which can take as long as decoding the JPEG.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)

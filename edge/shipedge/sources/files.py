"""Image files as frames."""

from __future__ import annotations

from time import perf_counter

from shipedge.frame import Frame
from shipedge.images import AS_IT_IS, Reading, read_image

__all__ = ["read_picture"]


def read_picture(name: str, reading: Reading = AS_IT_IS) -> Frame:
    """The one frame of an image file. Raises ImageError where it cannot be read."""
    start = perf_counter()
    pixels = read_image(name, *reading)
    return Frame(pixels, name, decode_ms=(perf_counter() - start) * 1e3)

"""Image files as frames."""

from __future__ import annotations

from time import perf_counter

from shipedge.frame import Frame
from shipedge.images import Stretch, read_image

__all__ = ["read_picture"]


def read_picture(name: str, stretch: Stretch | None = None) -> Frame:
    """The one frame of an image file. Raises ImageError where it cannot be read; `stretch` as in `read_image`."""
    start = perf_counter()
    pixels = read_image(name, stretch)
    return Frame(pixels, name, decode_ms=(perf_counter() - start) * 1e3)

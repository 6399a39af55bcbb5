"""Images at a half or a quarter of their size: JPEG decodes to it directly, in a fraction of the time."""

from __future__ import annotations

from typing import Literal

import numpy as np

from shipedge.images import jpeg_pixels
from shipedge.images.decode import Pixels, checked, decode_image
from shipedge.images.turn import turn

__all__ = ["decode_reduced"]


def decode_reduced(
    content: bytes, name: str, factor: Literal[2, 4], *, grey: bool = False, max_pixels: int | None = None
) -> Pixels:
    """Encoded image -> its sides divided by `factor` and rounded up: (h, w, 3) uint8 RGB, or (h, w) brightness.

    `max_pixels` of the whole image, as `decode_image`.

    Raises:
        ImageError: as `decode_image`.
    """
    header = checked(content, name, max_pixels=max_pixels)
    if header.format == "JPEG":
        pixels = turn(jpeg_pixels.decode_reduced(content, name, factor, "GRAY" if grey else "RGB"), header.orientation)
        return np.ascontiguousarray(pixels[..., 0]) if grey else pixels
    import cv2

    whole = decode_image(content, name, max_pixels=max_pixels)
    if grey:
        whole = np.asarray(cv2.cvtColor(whole, cv2.COLOR_RGB2GRAY), np.uint8)
    size = -(-whole.shape[1] // factor), -(-whole.shape[0] // factor)
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8)

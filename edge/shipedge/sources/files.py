"""Pictures: bytes of a file -> RGB pixels, or one sentence why not."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import SourceError
from shipedge.frame import Frame

__all__ = ["decode_picture", "read_picture"]


def read_picture(name: str) -> Frame:
    """Reads one picture. Raises SourceError when it cannot be read or decoded."""
    start = perf_counter()
    try:
        content = Path(name).read_bytes()
    except OSError as error:
        raise SourceError(f"{name}: cannot be read: {error.strerror}") from None
    pixels = decode_picture(content, name)
    return Frame(pixels, name, decode_ms=(perf_counter() - start) * 1e3)


def decode_picture(content: bytes, name: str) -> NDArray[np.uint8]:
    """Encoded picture -> (height, width, 3) uint8 RGB.

    Grey becomes three equal channels, transparency is dropped, of 16-bit values the upper eight bits are kept. A
    rotation noted in EXIF is applied, so positions are those of the picture as viewers show it.

    Raises:
        SourceError: empty, cut off, damaged, no picture at all, or its brightness would be a guess.
    """
    if not content:
        raise SourceError(f"{name}: the file is empty")
    if _is_cut_off(content):
        raise SourceError(f"{name}: the picture is cut off (its end is missing)")
    try:
        bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error as error:
        # OpenCV raises for pictures over its limit of 2^30 pixels, and for lack of memory.
        raise SourceError(f"{name}: cannot be decoded ({error.err or 'too large'})") from None
    if bgr is None:
        raise SourceError(f"{name}: not a picture, or damaged")
    rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB, dst=bgr)
    return np.asarray(rgb, np.uint8) if rgb.dtype == np.uint8 else _to_8_bits(rgb, name)


def _to_8_bits(pixels: NDArray[Any], name: str) -> NDArray[np.uint8]:
    if pixels.dtype != np.uint16:
        raise SourceError(f"{name}: pixels are {pixels.dtype}, expected 8 or 16 bits")
    brightest = int(pixels.max())
    if 0 < brightest < 1 << 12:
        # Sensors of 10 to 12 bits in a 16-bit file: their upper eight bits are a black picture without any ship.
        raise SourceError(
            f"{name}: of its 16 bits only values up to {brightest} are used, black to us: stretch it to 8 bits first"
        )
    return np.asarray(pixels >> 8, np.uint8)


def _is_cut_off(content: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end: decoders fill the rest with grey and say nothing, or only to stderr."""
    if content.startswith(b"\xff\xd8"):
        # Inside JPEG data FF is followed by 00, so after the last start of scan FFD9 can only be the end of image.
        return content.rfind(b"\xff\xd9") < content.rfind(b"\xff\xda")
    return content.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" not in content[-4096:]

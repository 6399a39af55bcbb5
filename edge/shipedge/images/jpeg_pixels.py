"""JPEG: pixels, whole or only as far down as a crop needs.

By libjpeg-turbo itself, not by OpenCV's way to it: that is faster, and damage is told. OpenCV paints the missing part
of an image grey, prints a line, and returns it as if all were well.
"""

from __future__ import annotations

import io
import re
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ImageError
from shipedge.images.jpeg import ADOBE, COMMENT, FRAMES, ICC, JFIF, SCAN, find_end, find_frame, scan_end, segments
from shipedge.images.jpeg_lost import refuse_lost_scans
from shipedge.images.jpeg_scans import refuse_missing_scans

Array = NDArray[np.uint8]

_MCU = 16
"""Rows that are decoded together, at most. One more group below the last row wanted: colors are smoothed across."""
_BASELINE = (0xC0, 0xC1)
_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_PADDING = 2
"""Bytes too many before the end marker: firmware of some cameras writes so many into every image."""
_HARMLESS = ("Invalid SOS parameters", "unknown JFIF revision", "Unknown Adobe color transform", "bad ICC marker")


def decode(content: bytes, name: str, rows: int | None = None) -> Array:
    """A JPEG as (height, width, 3) uint8 RGB, as it is stored, or its first `rows` rows at least.

    JPEG is decoded from the top, so a crop needs nothing below its last row: the header of a copy is told that the
    image ends there. Progressive files come in passes over the whole image and are decoded whole.

    Args:
        content: the file.
        name: for messages.
        rows: how many rows are needed; None: all.

    Raises:
        ImageError: damaged or cut short, or a kind of JPEG that libjpeg-turbo does not decode.
    """
    import simplejpeg  # base installs have none

    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(content, strict=False)
        wanted = height if rows is None else min(height, -(-rows // _MCU) * _MCU + _MCU)
        if wanted < height and (frame := find_frame(content)) and frame[0] in _BASELINE:
            return _decode_top(content, frame[1], (wanted, width))
    except (ValueError, KeyError) as error:  # KeyError: colors that simplejpeg has no name for
        raise _trouble(content, name, error) from None
    if space in ("CMYK", "YCCK"):
        ink = _decode(content, name, colorspace="CMYK").astype(np.uint16)  # inverted, as Adobe writes: 255 is no ink
        return (ink[..., :3] * ink[..., 3:] // 255).astype(np.uint8)
    return _decode(content, name, colorspace="RGB")


def decode_reduced(content: bytes, name: str, factor: int, colors: str) -> Array:
    """Pixels as they are stored, sides divided by 2 or 4 and rounded up: (h, w, channels) uint8 of "RGB" or "GRAY".

    Raises:
        ImageError: as `decode`.
    """
    import simplejpeg

    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(content, strict=False)
    except (ValueError, KeyError) as error:
        raise _trouble(content, name, error) from None
    if space in ("CMYK", "YCCK"):
        raise ImageError(name, f"a JPEG of {space} ink, expected RGB or grey")
    sides = {"min_height": -(-height // factor), "min_width": -(-width // factor), "min_factor": factor}
    return _decode(content, name, colorspace=colors, **sides)


def _decode(content: bytes, name: str, **how: Any) -> Array:
    """Pixels of a whole file; what libjpeg complains about raises, unless it is harmless."""
    import simplejpeg

    refuse_missing_scans(content, name)
    refuse_lost_scans(content, name)
    try:
        try:
            pixels: Array = simplejpeg.decode_jpeg(content, **how)
        except ValueError as error:
            # libjpeg tells its first complaint alone, so one that is harmless may hide one that is not.
            if any(text in str(error) for text in _HARMLESS):
                pixels = simplejpeg.decode_jpeg(_without_oddities(content), **how)
            elif (extra := _LEFT_OVER.search(str(error))) and int(extra[1]) <= _PADDING:  # nothing comes after it
                pixels = simplejpeg.decode_jpeg(content, strict=False, **how)
            else:
                raise
    except (ValueError, KeyError) as error:
        raise _trouble(content, name, error) from None
    return pixels


def _decode_top(content: bytes, frame: int, shape: tuple[int, int]) -> Array:
    import simplejpeg

    shorter = bytearray(content)
    struct.pack_into(">H", shorter, frame + 5, shape[0])
    pixels = np.empty((*shape, 3), np.uint8)
    try:
        simplejpeg.decode_jpeg(shorter, "RGB", buffer=pixels)
    except ValueError as error:
        if "extraneous bytes before marker" not in str(error):  # left over: the part that nobody asked for
            raise
    return pixels


def _trouble(content: bytes, name: str, error: Exception) -> ImageError:
    if find_end(content) is None:
        return ImageError(name, "the image is cut off (its end is missing)", "truncated")
    return ImageError(name, f"the JPEG cannot be decoded: {' '.join(str(error).split())}", "damaged")


def _without_oddities(content: bytes) -> bytes:
    """A copy whose header has nothing that libjpeg would call odd: color profiles go, versions become known ones."""
    file, mended, channels = io.BytesIO(content), bytearray(content), 3
    try:
        for marker, length in segments(file):
            at = file.tell()
            if marker in FRAMES:
                channels = content[at + 5]
            elif marker == JFIF:
                mended[at + 5] = 1
            elif marker == ICC:
                mended[at - 3] = COMMENT
            elif marker == ADOBE and length >= 12:
                mended[at + 11] = 2 if channels == 4 else 1
            elif marker == SCAN:  # of a sequential image: all coefficients, at full precision
                mended[at + length - 3 : at + length] = b"\x00\x3f\x00"
                length = scan_end(content, at + length) - at
            file.seek(at + length)
    except (EOFError, IndexError):
        pass
    return bytes(mended)

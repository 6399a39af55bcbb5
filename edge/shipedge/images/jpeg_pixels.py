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
_INKS = 4
_STRIP = 1 << 16
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
    frame = find_frame(content)
    if rows is not None and frame is not None and frame[0] in _BASELINE and content[frame[1] + 9] < _INKS:
        top = _decode_top(content, frame[1], -(-rows // _MCU) * _MCU + _MCU)
        if top is not None:
            return top
    return _decode(content, name, "RGB")


def decode_reduced(content: bytes, name: str, factor: int, colors: str) -> Array:
    """Pixels as they are stored, sides divided by 2 or 4 and rounded up: (h, w, channels) uint8 of "RGB" or "GRAY".

    Raises:
        ImageError: as `decode`.
    """
    frame = find_frame(content)
    if frame is None:
        raise _trouble(content, name, "it has no frame")
    height, width = struct.unpack_from(">HH", content, frame[1] + 5)
    return _decode(
        content, name, colors, min_height=-(-height // factor), min_width=-(-width // factor), min_factor=factor
    )


def _decode(content: bytes, name: str, colors: str, **sides: int) -> Array:
    """Pixels of a whole file; what libjpeg complains about raises, unless it is harmless."""
    import simplejpeg  # base installs have none

    refuse_missing_scans(content, name)
    refuse_lost_scans(content, name)
    try:
        try:
            space = simplejpeg.decode_jpeg_header(content, strict=False)[2]
            ink = space in ("CMYK", "YCCK")
            pixels = _ask(content, colorspace="CMYK" if ink else colors, **sides)
        except ValueError as error:
            if "subsampling" not in str(error):
                raise
            return _by_opencv(content, colors, **sides)
    except (ValueError, KeyError) as error:  # KeyError: colors that simplejpeg has no name for
        raise _trouble(content, name, str(error)) from None
    return _without_ink(pixels, colors) if ink else pixels


def _ask(content: bytes, **how: Any) -> Array:
    import simplejpeg

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
    return pixels


def _without_ink(ink: Array, colors: str) -> Array:
    """Four inks as Adobe writes them, where 255 is none of it -> the colors asked for."""
    pixels = np.empty((*ink.shape[:2], 3 if colors == "RGB" else 1), np.uint8)
    inks, out = ink.reshape(-1, 4), pixels.reshape(-1, pixels.shape[2])
    for start in range(0, len(inks), _STRIP):  # all at once would take six times the memory of the image
        values = inks[start : start + _STRIP].astype(np.uint16)
        rgb = (values[:, :3] * values[:, 3:] // 255).astype(np.uint8)
        if colors != "RGB":
            rgb = np.asarray(np.rint(rgb @ np.array([0.299, 0.587, 0.114]))[:, None], np.uint8)
        out[start : start + _STRIP] = rgb
    return pixels


def _by_opencv(content: bytes, colors: str, **sides: int) -> Array:
    """Samplings of color that simplejpeg has no name for; damage inside of them goes unnoticed."""
    import cv2

    if find_end(content) is None:
        raise ValueError("its end is missing")
    flag = cv2.IMREAD_COLOR if colors == "RGB" else cv2.IMREAD_GRAYSCALE
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise ValueError("neither libjpeg-turbo nor OpenCV knows its kind")
    pixels = np.asarray(decoded[..., ::-1] if colors == "RGB" else decoded[..., None], np.uint8)
    if sides:
        step = sides["min_factor"]
        size = sides["min_width"], sides["min_height"]
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if step > 1 else pixels
        pixels = np.asarray(small, np.uint8).reshape(size[1], size[0], -1)
    return np.ascontiguousarray(pixels)


def _decode_top(content: bytes, frame: int, rows: int) -> Array | None:
    """The first rows of a sequential image at least; None where the whole of it must be looked at."""
    import simplejpeg

    height, width = struct.unpack_from(">HH", content, frame + 5)
    if rows >= height:
        return None
    shorter = bytearray(content)
    struct.pack_into(">H", shorter, frame + 5, rows)
    pixels = np.empty((rows, width, 3), np.uint8)
    try:
        simplejpeg.decode_jpeg(shorter, "RGB", buffer=pixels)
    except (ValueError, KeyError) as error:
        if "extraneous bytes before marker" not in str(error):  # left over: the part that nobody asked for
            return None
    return pixels


def _trouble(content: bytes, name: str, complaint: str) -> ImageError:
    if find_end(content) is None:
        return ImageError(name, "the image is cut off (its end is missing)", "truncated")
    return ImageError(name, f"the JPEG cannot be decoded: {' '.join(complaint.split())}", "damaged")


def _without_oddities(content: bytes) -> bytes:
    """A copy whose header has nothing that libjpeg would call odd: color profiles go, versions become known ones."""
    file, mended, channels, sequential = io.BytesIO(content), bytearray(content), 3, False
    try:
        for marker, length in segments(file):
            at = file.tell()
            if marker in FRAMES:
                channels, sequential = content[at + 5], marker in _BASELINE
            elif marker == JFIF:
                mended[at + 5] = 1
            elif marker == ICC:
                mended[at - 3] = COMMENT
            elif marker == ADOBE and length >= 12:
                mended[at + 11] = 2 if channels == 4 else 1
            elif marker == SCAN:
                if sequential:  # all coefficients, at full precision
                    mended[at + length - 3 : at + length] = b"\x00\x3f\x00"
                length = scan_end(content, at + length) - at
            file.seek(at + length)
    except (EOFError, IndexError):
        pass
    return bytes(mended)

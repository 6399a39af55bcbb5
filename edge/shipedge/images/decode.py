"""Encoded image -> pixels as viewers show them, or one sentence why not."""

from __future__ import annotations

import os
import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ImageError
from shipedge.images import bmp, grey, jp2, jpeg_pixels, png, pnm, tiff, webp
from shipedge.images.budget import refuse_cost
from shipedge.images.depth import Stretch, to_8_bits
from shipedge.images.files import read_file
from shipedge.images.header import ImageHeader, header_of
from shipedge.images.turn import turn
from shipedge.system.memory import require_for_opencv
from shipedge.system.stderr import TIFF, capture_stderr

__all__ = ["AS_IT_IS", "Pixels", "Reading", "Stored", "decode_image", "decode_stored", "read_image"]

Pixels = NDArray[np.uint8]
_STRIP = 1 << 16  # pixels that are looked at together
_CHECKS = {
    "BMP": bmp.check_whole,
    "JP2": jp2.check_whole,
    "TIFF": tiff.check_whole,
    "WebP": webp.check_whole,
}


class Reading(NamedTuple):
    """How images are read.

    Attributes:
        stretch: argument of `decode_image`,
        max_pixels: too.
        half: half-size pixels are what is looked at first.
        gsd_m: meters a pixel, where the file does not say.
    """

    stretch: Stretch | None = None
    max_pixels: int | None = None
    half: bool = False
    gsd_m: float | None = None


AS_IT_IS = Reading()


class Stored(NamedTuple):
    """An image as its file holds it, turned as viewers show it.

    Attributes:
        header: what the file says of it.
        pixels: (height, width) grey, or (height, width, 3) RGB or 4 with alpha, of the file's own type.
    """

    header: ImageHeader
    pixels: NDArray[Any]


def read_image(path: str | os.PathLike[str], stretch: Stretch | None = None, max_pixels: int | None = None) -> Pixels:
    """A file as (height, width, 3) uint8 RGB; see `decode_image`."""
    return decode_image(read_file(path), str(path), stretch, max_pixels=max_pixels)


def decode_image(
    content: bytes,
    name: str,
    stretch: Stretch | None = None,
    *,
    shape: tuple[int, int] | None = None,
    rows: int | None = None,
    max_pixels: int | None = None,
) -> Pixels:
    """Encoded image -> (height, width, 3) uint8 RGB, as viewers show it.

    Grey becomes three equal channels, and transparency is dropped. Of 16 bits the upper eight are kept where all are
    used; other depths need `stretch`.

    Args:
        content: the file.
        name: for messages.
        stretch: which values become black and white in images of more than 8 bits.
        shape: (height, width) that is expected; another is refused before anything is decoded.
        rows: how many rows from the top are needed; of a JPEG the others are not decoded.
        max_pixels: None: 2^28, and no more than a file of its size is likely to hold.

    Raises:
        ImageError: not an image, cut off, damaged, of another size, or its brightness would be a guess.
    """
    header = checked(content, name, shape, max_pixels)
    if header.format == "JPEG" and header.orientation == 1:
        return jpeg_pixels.decode(content, name, rows)
    pixels = _decode(content, header, name)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        _refuse_shape_in_alpha(pixels, name)
        pixels = np.ascontiguousarray(pixels[..., :3])
    with np.errstate(invalid="ignore"):  # bits that are no number raise a flag when they are converted
        pixels = to_8_bits(pixels, name, stretch, header.nodata)
    if pixels.ndim == 3:
        return pixels
    pixels = grey.make_room(pixels)
    return grey.spread(pixels)


def decode_stored(content: bytes, name: str, *, shape: tuple[int, int] | None = None) -> Stored:
    """Encoded image -> its pixels with all channels and bits, as viewers show them.

    A JPEG becomes RGB, whatever it holds; `shape` and errors as `decode_image`.
    """
    header = checked(content, name, shape)
    return Stored(header, _decode(content, header, name))


def checked(
    content: bytes, name: str, shape: tuple[int, int] | None = None, max_pixels: int | None = None
) -> ImageHeader:
    """The header, where an image of its size may be decoded. Raises ImageError."""
    header = header_of(content, name)
    height, width = header.shape
    if shape is not None and header.shape != shape:
        raise ImageError(name, f"{width}x{height} pixels, expected {shape[1]}x{shape[0]} (width x height)", "size")
    refuse_cost(header, len(content), name, max_pixels)
    return header


def _decode(content: bytes, header: ImageHeader, name: str) -> NDArray[Any]:
    if header.format == "JPEG":
        return turn(jpeg_pixels.decode(content, name), header.orientation)
    try:
        if header.format in _CHECKS:
            _CHECKS[header.format](content, name)
    except (EOFError, ValueError, OverflowError, struct.error):
        raise ImageError(name, f"the {header.format} file is damaged, its parts do not fit", "damaged") from None
    if header.format == "PNM":
        return pnm.decode(content, name)
    if header.format == "PNG":
        content = png.pixels_alone(content, name)
    inverted = header.format == "TIFF" and tiff.is_inverted(content)
    if header.format == "TIFF":
        content = tiff.plain(content)
    pixels = turn(_decode_with_opencv(content, header, name), header.orientation)
    return np.invert(pixels, out=pixels) if inverted else pixels


def _decode_with_opencv(content: bytes, header: ImageHeader, name: str) -> NDArray[Any]:
    require_for_opencv()
    import cv2  # base installs have no OpenCV

    encoded, flags = np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        if header.format == "TIFF":  # of 8 bits OpenCV goes on after an error of libtiff
            pixels, complaints = capture_stderr(lambda: cv2.imdecode(encoded, flags), TIFF)
        else:
            pixels, complaints = cv2.imdecode(encoded, flags), []
    except cv2.error as error:  # more pixels than it takes, or no memory for them
        raise ImageError(
            name,
            f"cannot be decoded ({'not enough memory' if error.code == -4 else 'OpenCV takes none so large'})",
            "damaged",
        ) from None
    if complaints:
        raise ImageError(name, f"the TIFF is damaged: {complaints[0]}", "damaged")
    if pixels is None:
        raise ImageError(name, f"the {header.format} file is damaged or of an unknown kind", "damaged")
    if pixels.shape[:2] != header.stored or (pixels.ndim == 3 and pixels.shape[2] not in (1, 3, 4)):
        raise ImageError(name, f"decoded as {pixels.shape}, its header says {header.stored}", "damaged")
    if header.bits > 8 and pixels.dtype == np.uint8:
        raise ImageError(name, f"{header.bits} bits were decoded as 8: save it as grey or RGB", "depth")
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] == 1:
        return pixels[..., 0]
    if pixels.dtype in (np.uint8, np.uint16, np.float32):  # OpenCV has blue first
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA, dst=pixels)
    pixels[..., 0], pixels[..., 2] = pixels[..., 2].copy(), pixels[..., 0].copy()
    return pixels


def _refuse_shape_in_alpha(pixels: NDArray[Any], name: str) -> None:
    """Raise ImageError where nothing but transparency shows a shape: without it the image is of one color."""
    alpha = pixels[..., 3]
    if alpha.min() == alpha.max():
        return
    color = None
    colors = pixels.reshape(-1, 4)
    for start in range(0, len(colors), _STRIP):  # all at once would take as much again as the image
        some = colors[start : start + _STRIP]
        visible = some[some[:, 3] > 0][:, :3]
        color = visible[:1] if color is None and len(visible) else color
        if color is not None and (visible != color).any():
            return
    raise ImageError(name, "all that it shows is in its transparency, its color is the same everywhere", "depth")

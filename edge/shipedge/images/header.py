"""What the head of an image file says: format, size, orientation, channels. No pixel is decoded.

A file is known by its content: names lie.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from shipedge.errors import ImageError
from shipedge.images import bmp, jp2, jpeg, png, pnm, tiff, webp
from shipedge.images.fields import Fields
from shipedge.images.files import MOST_BYTES, open_file

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".jp2", ".ppm", ".pgm")
"""Names that are taken for images when a folder is read."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What is known of an image before it is decoded.

    Attributes:
        format: "JPEG", "PNG", "TIFF", "WebP", "BMP", "JP2" or "PNM".
        stored: (height, width) of the stored pixels.
        orientation: how they are to be turned to be looked at, EXIF's 1 (as they are) to 8.
        bits: of one channel.
        channels: stored for each pixel; 1 where there is a palette.
        alpha: one of the channels, or the palette, says how transparent a pixel is.
        palette: pixels are numbers of colors in a table.
        nodata: value of a GeoTIFF where nothing was measured; None where the file has none.
        placed: a TIFF says where on the earth it lies.
    """

    format: str
    stored: tuple[int, int]
    orientation: int
    bits: int
    channels: int
    alpha: bool
    palette: bool
    nodata: float | None = None
    placed: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) as viewers show the image."""
        return self.stored if self.orientation < 5 else (self.stored[1], self.stored[0])


class _Format(NamedTuple):
    name: str
    starts: tuple[bytes, ...]
    read: Callable[[BinaryIO], Fields]


_FORMATS = (
    _Format("JPEG", (b"\xff\xd8",), jpeg.read_fields),
    _Format("PNG", (png.SIGNATURE,), png.read_fields),
    _Format("TIFF", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), tiff.read_fields),
    _Format("WebP", (b"RIFF",), webp.read_fields),
    _Format("BMP", (b"BM",), bmp.read_fields),
    _Format("JP2", (jp2.SIGNATURE, jp2.CODESTREAM), jp2.read_fields),
    _Format("PNM", (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"), pnm.read_fields),
)

_OTHERS = (
    (0, b"GIF8", "a GIF; predict reads it as a video, by the suffix .gif"),
    (4, b"ftypheic", "a HEIC image"),
    (4, b"ftypheix", "a HEIC image"),
    (4, b"ftypmif1", "a HEIF image"),
    (4, b"ftypavif", "an AVIF image"),
    (4, b"ftyp", "an MP4 video, by another suffix"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (0, b"8BPS", "a Photoshop file"),
    (0, b"v/1\x01", "an OpenEXR image"),
    (0, b"#?RADIANCE", "a Radiance HDR image"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"version https://git-lfs", "a Git LFS pointer: the image itself was not fetched (git lfs pull)"),
    (0, b"<!doctype html", "an HTML page, perhaps of a failed download"),
    (0, b"<html", "an HTML page, perhaps of a failed download"),
    (0, b"<?xml", "an XML file"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"\0\x05\x16\x07", "an AppleDouble file of macOS, not the image of that name"),
)


def read_header(path: str | os.PathLike[str], most_bytes: int | None = MOST_BYTES) -> ImageHeader:
    """The header of a file of at most so many bytes, None: of any size.

    Raises:
        ImageError: unreadable, not an image that shipedge reads, or cut off before its size is said.
    """
    with open_file(path, most_bytes) as file:
        return _read(file, str(path))


def header_of(content: bytes, name: str) -> ImageHeader:
    """The header of encoded bytes; errors as `read_header`, with `name` at their beginning."""
    return _read(io.BytesIO(content), name)


def image_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """(height, width) in pixels as viewers show the image; errors as `read_header`."""
    return read_header(path).shape


def _read(file: BinaryIO, name: str) -> ImageHeader:
    start = file.read(24)
    found = next((form for form in _FORMATS if start.startswith(form.starts)), None)
    if found is None or (found.name == "WebP" and start[8:12] != b"WEBP"):
        raise ImageError(name, _what_else(start))
    try:
        file.seek(0)
        fields = found.read(file)
    except (struct.error, EOFError):
        raise ImageError(name, f"the {found.name} file ends before its size is said", "truncated") from None
    except ValueError as error:
        raise ImageError(name, f"{found.name}: {error}", "damaged") from None
    except NotImplementedError as error:
        raise ImageError(name, str(error)) from None
    except OSError as error:
        raise ImageError(name, f"cannot be read: {error.strerror or error}") from None
    if not (fields.height and fields.width):
        raise ImageError(name, f"the {found.name} header says {fields.width}x{fields.height} pixels", "damaged")
    orientation = fields.orientation if 1 <= fields.orientation <= 8 else 1
    return ImageHeader(
        found.name,
        (fields.height, fields.width),
        orientation,
        fields.bits,
        fields.channels,
        fields.alpha,
        fields.palette,
        fields.nodata,
        fields.placed,
    )


def _what_else(start: bytes) -> str:
    low = start.lstrip(b"\xef\xbb\xbf \r\n\t").lower() if start[:1] in b"\xef <\r\n\t" else start
    for at, magic, what in _OTHERS:
        if start[at:].startswith(magic) or (not at and low.startswith(magic)):
            return f"not an image that shipedge reads: it is {what}"
    if not start.strip(b"\0"):
        return "not an image: it begins with zero bytes, as files do whose content was lost"
    return "not an image that shipedge reads (JPEG, PNG, TIFF, WebP, BMP, JPEG 2000, PNM)"

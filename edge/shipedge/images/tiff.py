"""TIFF and BigTIFF: the header of the image, whether its strips or tiles are all there, and what OpenCV reads wrongly.

Source: TIFF revision 6.0 (Adobe, 1992); registered compressions by libtiff.
"""

from __future__ import annotations

import io
import math
import os
import struct
import zlib
from typing import BinaryIO

from shipedge.errors import ImageError
from shipedge.images import jpeg_pixels
from shipedge.images.exif import ORIENTATION, Directories, Directory
from shipedge.images.fields import Fields
from shipedge.images.zeros import refuse_lost_blocks

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_SAMPLES, _PLANAR, _EXTRA, _SUBDIRECTORIES, _NODATA = 277, 284, 338, 330, 42113
_GEOKEYS = 34735
_TILES = 324
_PLACES = ((273, 279), (_TILES, 325))  # (offsets, byte counts) of strips, of tiles
_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE, _SEPARATED = 0, 1, 2, 3, 5
_LAB = (8, 9, 10)
_REDUCED, _MASK = 1, 4  # bits of the kind of a subfile
_UNPACKED = 1
_FOREIGN = {34887: "LERC", 34925: "LZMA", 50000: "ZSTD", 50001: "WebP", 50002: "JPEG XL", 33003: "JPEG 2000"}
_ASSOCIATED, _UNASSOCIATED = 1, 2
_JPEG, _JPEG_TABLES = 7, 347
_DEFLATE, _WITHOUT_CHECKSUM = (8, 32946), (5, 32773)
_AT_ONCE = 1 << 20
_MOST_PAGES = 64
_ZEROS = 512


def read_fields(file: BinaryIO) -> Fields:
    """The directory of the image; kinds that OpenCV reads wrongly are refused."""
    directories = Directories(file)
    image = _image(directories)[1]
    channels, bits = directories.value(image, _SAMPLES, 1), directories.value(image, _BITS, 1)
    colors = directories.value(image, _PHOTOMETRIC, _MIN_IS_BLACK)
    if directories.value(image, _SUBFILE, 0) & _REDUCED and _SUBDIRECTORIES in image.entries:
        raise NotImplementedError("a camera's raw file, whose first image is a preview: develop it to JPEG or TIFF")
    if (
        what := _unread(channels, bits, colors, directories.value(image, _PLANAR, 1), _TILES in image.entries)
    ) is not None:
        raise NotImplementedError(f"a TIFF of {what}: save it as RGB or grey of 8 or 16 bits")
    if (packing := directories.value(image, _COMPRESSION, _UNPACKED)) in _FOREIGN:
        raise NotImplementedError(f"a TIFF packed with {_FOREIGN[packing]}: save it with deflate or LZW")
    return Fields(
        directories.value(image, _HEIGHT, 0),
        directories.value(image, _WIDTH, 0),
        bits,
        channels,
        directories.value(image, ORIENTATION, 1),
        any(kind in (_ASSOCIATED, _UNASSOCIATED) for kind in directories.values(image, _EXTRA)),
        colors == _PALETTE,
        directories.number(image, _NODATA),
        _GEOKEYS in image.entries,
    )


def _unread(channels: int, bits: int, colors: int, planar: int, tiled: bool) -> str | None:
    if bits in (2, 4, 6):
        return f"{bits} bits"
    if channels == 2 and bits > 8:
        return f"{bits} bits with transparency"
    if channels == 2 and tiled:
        return "tiles of grey with transparency"
    if channels > 4:
        return f"{channels} bands"
    if channels > 2 and colors == _MIN_IS_BLACK and bits == 8:
        return f"{channels} bands that it calls shades of grey"
    if colors in _LAB:
        return "CIE LAB colors"
    if bits > 8 and planar == 2 and channels > 1:
        return f"{bits} bits with its bands one after the other"
    if bits > 8 and colors not in (_MIN_IS_BLACK, _RGB) and not (colors == _MIN_IS_WHITE and bits == 16):
        return f"{bits} bits and photometric interpretation {colors}"
    return None


def _image(directories: Directories) -> tuple[int, Directory]:
    """(offset, directory) of the one image: previews, overviews and masks beside it are none."""
    pages: list[tuple[int, Directory]] = []
    known: set[int] = set()
    at, first = directories.first, directories.read(directories.first)
    directory = first
    while True:
        known.add(at)
        if not directories.value(directory, _SUBFILE, 0) & (_REDUCED | _MASK):
            pages.append((at, directory))
        at = directory.following
        if not at or at in known or len(known) >= _MOST_PAGES:
            break
        try:
            directory = directories.read(at)
        except (EOFError, ValueError, OverflowError, struct.error):  # behind the image: no matter of ours
            break
    if not pages:
        return directories.first, first
    sizes = [tuple(directories.value(page, tag, 0) for tag in (_HEIGHT, _WIDTH)) for _, page in pages]
    # Scanners and cameras do not always call a preview one: it comes behind the image, and is smaller.
    if math.prod(sizes[0]) < max(map(math.prod, sizes)):
        raise NotImplementedError("a TIFF whose first image is smaller than another: write each into its own file")
    same = sum(size == sizes[0] for size in sizes)
    if same > 1:
        raise NotImplementedError(f"a TIFF of {same} images of one size, expected one: write each into its own file")
    return pages[0]


def check_whole(content: bytes, name: str) -> None:
    """Raise ImageError where strips or tiles lie beyond the end of the file, or blocks of it were lost."""
    directories = Directories(io.BytesIO(content))
    image = _image(directories)[1]
    packing = directories.value(image, _COMPRESSION, _UNPACKED)
    for offsets, counts in _PLACES:
        places, sizes = directories.values(image, offsets), directories.values(image, counts)
        for place, size in zip(places, sizes, strict=False):
            if place + size > len(content):
                raise ImageError(name, "the image is cut off (its last rows are missing)", "truncated")
            if packing == _JPEG:
                tables = directories.content(image, _JPEG_TABLES)
                jpeg_pixels.decode(tables[:-2] + content[place + 2 * bool(tables) : place + size], name)
            elif packing in _DEFLATE:
                _refuse_bad_stream(content[place : place + size], name)
            elif packing in _WITHOUT_CHECKSUM:
                refuse_lost_blocks(content, place, place + size, _ZEROS, name)


def check_file(file: BinaryIO, name: str) -> None:
    """The part of `check_whole` that a decoder does not notice, on a file of any size; errors as there."""
    directories = Directories(file)
    image = _image(directories)[1]
    packing = directories.value(image, _COMPRESSION, _UNPACKED)
    end = os.fstat(file.fileno()).st_size
    for offsets, counts in _PLACES:
        places, sizes = directories.values(image, offsets), directories.values(image, counts)
        for place, size in zip(places, sizes, strict=False):
            if place + size > end:
                raise ImageError(name, "the image is cut off (its last rows are missing)", "truncated")
            if packing in _WITHOUT_CHECKSUM:
                file.seek(place)
                refuse_lost_blocks(file.read(size), 0, size, _ZEROS, name, place)


def _refuse_bad_stream(data: bytes, name: str) -> None:
    """Raise ImageError where a deflate stream breaks: of 8 bits OpenCV takes what it got and says nothing."""
    stream, rest = zlib.decompressobj(), data
    try:
        while rest and not stream.eof:
            stream.decompress(rest, _AT_ONCE)
            rest = stream.unconsumed_tail
    except zlib.error as error:
        raise ImageError(name, f"the TIFF is damaged: {error}", "damaged") from None
    if data and not stream.eof:
        raise ImageError(name, "the TIFF is damaged: a strip of it ends early", "damaged")


def plain(content: bytes) -> bytes:
    """The same file as OpenCV reads it rightly: the image first, nothing turned, no color dimmed by transparency.

    libtiff turns some kinds of images by itself, and others not, and multiplies 8-bit colors by their transparency.
    """
    directories = Directories(io.BytesIO(content))
    at, image = _image(directories)
    mended = bytearray(content)
    if at != directories.first:
        directories.write_first(mended, at)
    directories.write(mended, image, ORIENTATION, 1)
    if directories.values(image, _EXTRA) == (_UNASSOCIATED,):
        directories.write(mended, image, _EXTRA, 0)
    return bytes(mended) if mended != content else content


def is_inverted(content: bytes) -> bool:
    """Whether 0 is white in an image of 16 bits; of 8 bits libtiff inverts."""
    directories = Directories(io.BytesIO(content))
    image = _image(directories)[1]
    colors = directories.value(image, _PHOTOMETRIC, _MIN_IS_BLACK)
    return colors == _MIN_IS_WHITE and directories.value(image, _BITS, 1) == 16

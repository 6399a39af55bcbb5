"""TIFF and BigTIFF: the header of the first image, whether its strips or tiles are all there, its orientation.

Source: TIFF revision 6.0 (Adobe, 1992).
"""

from __future__ import annotations

import io
import struct
from typing import BinaryIO

from shipedge.errors import ImageError
from shipedge.images.exif import ORIENTATION, Directories, Directory
from shipedge.images.fields import Fields
from shipedge.images.zeros import refuse_lost_blocks

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_SAMPLES, _EXTRA, _SUBDIRECTORIES = 277, 338, 330
_PLACES = ((273, 279), (324, 325))  # (offsets, byte counts) of strips, of tiles
_UNPACKED = 1
_PALETTE = 3
_MOST_PAGES = 64
_ZEROS = 512


def read_fields(file: BinaryIO) -> Fields:
    """The first directory; further images of its size would be lost, so they are refused."""
    directories = Directories(file)
    first = directories.read(directories.first)
    shape = directories.value(first, _HEIGHT, 0), directories.value(first, _WIDTH, 0)
    if directories.value(first, _SUBFILE, 0) & 1 and _SUBDIRECTORIES in first.entries:
        raise NotImplementedError("a camera's raw file, whose first image is a preview: develop it to JPEG or TIFF")
    pages = 1 + _further_pages(directories, first, shape)
    if pages > 1:
        raise NotImplementedError(f"a TIFF of {pages} images of one size, expected one: write each into its own file")
    channels = directories.value(first, _SAMPLES, 1)
    bits = directories.value(first, _BITS, 1)
    is_palette = directories.value(first, _PHOTOMETRIC, 0) == _PALETTE
    alpha = any(kind in (1, 2) for kind in directories.values(first, _EXTRA))
    return Fields(*shape, bits, channels, directories.value(first, ORIENTATION, 1), alpha, is_palette)


def _further_pages(directories: Directories, first: Directory, shape: tuple[int, int]) -> int:
    """How many more images of the same size follow; previews, overviews and masks are not counted."""
    pages, seen, directory = 0, {directories.first}, first
    while directory.following and directory.following not in seen and len(seen) < _MOST_PAGES:
        seen.add(directory.following)
        try:
            directory = directories.read(directory.following)
            same = (directories.value(directory, _HEIGHT, 0), directories.value(directory, _WIDTH, 0)) == shape
            pages += same and not directories.value(directory, _SUBFILE, 0) & 5
        except (EOFError, ValueError, OverflowError, struct.error):  # behind the image: no matter of ours
            break
    return pages


def check_whole(content: bytes, name: str) -> None:
    """Raise ImageError where strips or tiles lie beyond the end of the file, or blocks of it were lost."""
    directories = Directories(io.BytesIO(content))
    first = directories.read(directories.first)
    packed = directories.value(first, _COMPRESSION, _UNPACKED) != _UNPACKED
    for offsets, counts in _PLACES:
        places = directories.values(first, offsets)
        sizes = directories.values(first, counts)
        for place, size in zip(places, sizes, strict=False):
            if place + size > len(content):
                raise ImageError(name, "the image is cut off (its last rows are missing)", "truncated")
            if packed:
                refuse_lost_blocks(content, place, place + size, _ZEROS, name)


def upright(content: bytes) -> bytes:
    """The same file with orientation 1: libtiff turns some kinds of images by itself, and others not."""
    directories = Directories(io.BytesIO(content))
    entry = directories.read(directories.first).entries.get(ORIENTATION)
    if entry is None or entry.kind not in (3, 4):
        return content
    mended = bytearray(content)
    struct.pack_into(f"{directories.order}{'H' if entry.kind == 3 else 'I'}", mended, entry.place, 1)
    return bytes(mended)

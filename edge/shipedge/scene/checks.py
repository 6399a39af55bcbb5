"""Whether the file of a scene is whole, without holding it in memory.

What decoders notice by themselves (checksums, streams that break off) GDAL tells while it reads.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from shipedge.errors import ImageError
from shipedge.images import jp2, tiff
from shipedge.images.files import open_file
from shipedge.images.jpeg import find_end, find_frame
from shipedge.images.jpeg_lost import refuse_lost_scans
from shipedge.images.jpeg_scans import refuse_missing_scans

__all__ = ["check_file"]

_AT_ONCE = 1 << 20
_LOST = bytes(512)
_SEQUENTIAL = (0xC0, 0xC1)


def check_file(name: str, form: str) -> None:
    """Look through the file of an image whose header was read.

    Raises:
        ImageError: the file ends early, or blocks of it were lost.
    """
    with open_file(name, most_bytes=None) as file:
        try:
            if form == "TIFF":
                tiff.check_file(file, name)
            elif form == "JP2":
                jp2.check_whole(file.read(), name)
            elif form == "JPEG" and _is_suspect(file):
                file.seek(0)
                content = file.read()
                if find_end(content) is None:
                    raise ImageError(name, "the image is cut off (its end is missing)", "truncated")
                refuse_missing_scans(content, name)
                refuse_lost_scans(content, name)
        except (EOFError, ValueError, OverflowError, struct.error):
            raise ImageError(name, f"the {form} file is damaged, its parts do not fit", "damaged") from None


def _is_suspect(file: BinaryIO) -> bool:
    """Whether a JPEG must be looked at whole: it comes in passes, holds long runs of zeros, or does not end as most."""
    size = os.fstat(file.fileno()).st_size
    file.seek(max(size - 2, 0))
    if file.read(2) != b"\xff\xd9":
        return True
    file.seek(0)
    chunk = file.read(_AT_ONCE)
    frame = find_frame(chunk)
    if frame is None or frame[0] not in _SEQUENTIAL:
        return True
    while chunk:
        if chunk.find(_LOST) >= 0:
            return True
        following = file.read(_AT_ONCE)
        chunk = chunk[-len(_LOST) :] + following if following else b""
    return False

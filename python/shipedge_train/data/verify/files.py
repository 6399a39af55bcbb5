"""One file: is it there whole, what is in it? OpenCV alone does not say: it may fill up what is missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import SourceError
from shipedge.formats.picture import picture_size

_LARGEST = 1 << 28
"""Bytes of a file that may be read: a picture of 768x768 needs a hundredth."""


class BadFileError(Exception):
    """A file that cannot be used: (code of `CHECKS`, sentence)."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


def names_in(folder: Path) -> list[str]:
    """Names of the files in a folder, sorted; hidden ones, pipes and devices are left out."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_file() and not entry.name.startswith("."))


def read_file(path: Path) -> NDArray[np.uint8]:
    """The bytes of a file.

    Raises:
        BadFileError: unreadable, empty, or too large.
    """
    try:
        size = path.stat().st_size
        if not 0 < size <= _LARGEST:
            raise BadFileError("unreadable", f"{size} bytes, expected 1 to {_LARGEST}")
        return np.fromfile(path, np.uint8)
    except OSError as error:
        raise BadFileError("unreadable", error.strerror or str(error)) from None


def check_whole(data: NDArray[np.uint8]) -> None:
    """Raise BadFileError where a JPEG or PNG file ends before its end marker."""
    raw = data.tobytes()
    # Between SOS and the end marker a byte FF is followed by 00 or by another marker: FF D9 is the end.
    if raw[:2] == b"\xff\xd8" and raw.rfind(b"\xff\xd9") < max(raw.find(b"\xff\xda"), 2):
        raise BadFileError("truncated", f"a JPEG of {len(raw)} bytes without its end marker")
    if raw[:8] == b"\x89PNG\r\n\x1a\n" and b"IEND" not in raw[-1024:]:
        raise BadFileError("truncated", f"a PNG of {len(raw)} bytes without its last chunk")


def decode(path: Path, shape: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """(bytes of the file, its pixels as they are stored: (height, width[, channels]) of any type).

    Raises:
        BadFileError: missing, cut off, of another size, or not decodable. Its size is known before it is decoded.
    """
    data = read_file(path)
    check_whole(data)
    try:
        size = picture_size(path)
    except SourceError as error:
        raise BadFileError("unreadable", str(error).removeprefix(f"{path} ")) from None
    if size != shape:
        raise BadFileError("wrong-size", f"{size[1]}x{size[0]} pixels (width x height), expected {shape[1]}x{shape[0]}")
    pixels = decode_any(data)
    if pixels is None or pixels.shape[:2] != shape:
        raise BadFileError("unreadable", "cannot be decoded, expected a JPEG or PNG picture")
    return data, pixels


def decode_any(data: NDArray[np.uint8]) -> NDArray[Any] | None:
    """Pixels as they are stored; None where OpenCV cannot, or will not, decode them."""
    try:
        return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except cv2.error:  # more pixels than it takes
        return None

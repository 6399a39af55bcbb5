"""What an output may replace: nothing, an empty file, or an earlier output of its kind that is no input."""

import errno
import gzip
import lzma
import os
import re
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from shipedge.errors import DatasetError
from shipedge.files.atomic import is_stream

Kind = Literal["CSV of ships", "CSV of detections", "JSON", "PNG", "JPEG", "MP4", "HTML", "SQLite", "text"]

_STARTS: dict[Kind, re.Pattern[bytes]] = {
    "CSV of ships": re.compile(rb'(\xef\xbb\xbf)?\s*"?ImageId"?,'),
    "CSV of detections": re.compile(rb'(\xef\xbb\xbf)?"?image"?,"?index"?,'),
    "JSON": re.compile(rb'(\xef\xbb\xbf)?\s*([\[{]\s*["\[{\]}\d-]|\[\s*(true|false|null|NaN)\b)'),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "MP4": re.compile(rb"(?s:....)ftyp"),
    "text": re.compile(b""),
    "SQLite": re.compile(rb"SQLite format 3\x00"),
    "HTML": re.compile(rb"\s*<!doctype html", re.IGNORECASE),
}
_READ_IN_FOLDERS = {
    *(".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".jp2", ".pbm", ".pgm", ".ppm", ".pnm"),
    *(".json", ".txt", ".xml"),
}
"""Suffixes of images and labels: a new file in a folder of inputs would be one of them the next time."""


def check_outputs(
    outputs: Mapping[str | os.PathLike[str], Kind],
    inputs: Iterable[str | os.PathLike[str]] = (),
    *,
    force: bool = False,
    made: Path | None = None,
) -> None:
    """Refuse outputs that would destroy something; meant to be called before the work begins.

    Pipes, devices and ``/dev/stdout`` may always be written into.

    Args:
        outputs: files to write -> what is written into them.
        inputs: files that are read, and folders whose images or labels are read.
        force: inputs and files of another kind may be replaced.
        made: folder that the command itself makes.

    Raises:
        DatasetError: an output is an input (by another name or link, too), would be read as one in its folder, is a
            file of another kind, or two are the same file.
        OSError: an output is a folder, its folder is missing, or may not be written to.
    """
    known = {identity for path in inputs if (identity := _identity(path)) is not None}
    places: dict[str, Path] = {}
    for output, kind in outputs.items():
        path = Path(output)
        if is_stream(path):
            check_place(path)
            continue
        place = os.path.realpath(path)
        if place in places:
            raise DatasetError(f"{places[place]} and {path} are the same file, expected one for each output")
        places[place] = path
        if made is None or path.parent.is_dir() or Path(os.path.realpath(made)) not in Path(place).parents:
            check_place(path)
        if force:
            continue
        if _identity(path) in known:
            raise DatasetError(f"{path} is an input, expected another file for the output (--force replaces it)")
        if path.suffix.lower() in _READ_IN_FOLDERS and _identity(path.parent) in known:
            raise DatasetError(
                f"{path} would be read as an input, expected another folder for the output (--force writes it)"
            )
        if path.is_file() and not _is_of_kind(path, kind):
            raise DatasetError(f"{path} exists and is no {kind}, expected a new file (--force replaces it)")


def check_place(path: Path) -> None:
    """Raises OSError where it cannot be written: a folder, a disk, in no folder that exists, or without permission."""
    if path.is_block_device():
        raise PermissionError(errno.EPERM, "is a disk, expected a file", str(path))
    if is_stream(path):
        return
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder, expected a file name", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(path.parent))
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(errno.EACCES, "no permission to write into this folder", str(path.parent))
    if path.is_file() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "no permission to replace this file", str(path))


def _identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """What tells a file or folder from all others, whatever it is called; None where it does not exist."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _is_of_kind(path: Path, kind: Kind) -> bool:
    packed = path.suffix.lower()
    try:
        with gzip.open(path) if packed == ".gz" else lzma.open(path) if packed == ".xz" else path.open("rb") as file:
            start = file.read(1000)
    except PermissionError:
        raise
    except (OSError, EOFError, lzma.LZMAError, zlib.error):  # not compressed, or damaged
        return not path.stat().st_size
    return not start or _STARTS[kind].match(start) is not None

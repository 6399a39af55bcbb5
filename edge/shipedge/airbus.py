"""Airbus ship CSV: header ``ImageId,EncodedPixels``, one row per ship, one bare row for an image without ships.

The same format holds the training labels, a submission and our own ``ships.csv``. This module checks everything about
the table (width of rows, names, contradictions) with the index of the compiled core; the run-length strings themselves
are checked where they are decoded.
"""

import csv
import gzip
import io
import lzma
import os
import stat
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from shipedge import _core
from shipedge._core import CsvIndex, csv_fault_count, csv_faults, index_bytes
from shipedge.errors import DatasetError
from shipedge.files.atomic import write_output
from shipedge.files.inputs import open_input, read_most

HEADER = ["ImageId", "EncodedPixels"]
# None where files cannot be read at a position: Windows.
index_file = getattr(_core, "index_file", None)
_FATAL = {"broken", "unclosed", "header", "empty", "utf8"}  # no row can be trusted
MOST_FAULTS = 10_000
"""Bad rows that are told one by one; of the others their number."""
_MOST_UNPACKED = 512 << 20  # bytes: ten times the real data set; a file of a few KB can hold as many GB
_ALWAYS_UNPACKED, _FOR_A_BYTE = 64 << 20, 100  # run-length texts shrink to a tenth
_LONGEST_NAME = 200  # bytes; file systems take 255, and outputs add a suffix


def open_csv(path: str | os.PathLike[str], *, complaints: list[str] | None = None) -> CsvIndex:
    """Index the ships of each image: a mapping ImageId -> run-length strings, made when they are asked for.

    A byte order mark, any line ending, blank lines, quoted fields and ``.gz`` or ``.xz`` compression (by suffix) are
    accepted. The file is read into memory (as fast as mapping it, and nothing can change it afterwards), so it may
    have 2 GiB; compressed ones 64 MiB and a hundred times their own size once they are unpacked, 512 MiB at most.

    Args:
        path: the CSV.
        complaints: None: the first bad row raises. A list: one sentence for each bad row is appended (for more than
            10,000, one with the number of the others), and its whole image is left out, because an image that silently
            lacks one of its ships is worse than none.

    Returns:
        The index; an image without ships has no strings. Strings are unparsed: ``index.ships(image)`` parses them.

    Raises:
        DatasetError: the file is no Airbus CSV at all, or (``complaints`` None) has a bad row; names file and line.
    """
    path = Path(path)
    index = _index(path)
    faults = csv_faults(index, MOST_FAULTS if complaints is not None else 1)
    for kind, line, fields, number in faults:
        sentence = f"{path}: line {line}: {_trouble(kind, fields, number)}"
        if kind == "empty":
            sentence = f"{path} is empty, expected the header {','.join(HEADER)}"
        if complaints is None or kind in _FATAL:
            raise DatasetError(sentence)
        complaints.append(sentence)
    if complaints is not None and (more := csv_fault_count(index) - len(faults)):
        complaints.append(f"{path}: {more} more bad rows")
    return index


def read_airbus(path: str | os.PathLike[str], *, complaints: list[str] | None = None) -> dict[str, list[str]]:
    """Read the ships of each image at once: what ``open_csv`` gives, as a dict of lists."""
    return dict(open_csv(path, complaints=complaints).items())


def write_airbus(path: str | os.PathLike[str], rows: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Write (ImageId, run-length strings) rows atomically; an image without strings gets its one empty row.

    Raises:
        DatasetError: an ImageId is no plain file name or comes twice, or a string is empty.
    """
    path = Path(path)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    known: set[str] = set()
    for image, ships in rows:
        trouble = check_image_id(image)
        if trouble is None and image in known:
            trouble = f"image {image!r} comes twice, expected all its ships in one row"
        if trouble is None and not all(ship.strip() for ship in ships):
            trouble = f"image {image!r} has an empty ship string; an image without ships has no strings"
        if trouble is not None:
            raise DatasetError(f"{path}: {trouble}")
        known.add(image)
        writer.writerows([(image, ship) for ship in ships] or [(image, "")])
    write_output(path, _compress(path, text.getvalue().encode()))


def check_image_id(image: str) -> str | None:
    """Why ``image`` is no plain file name (it could leave the folder it is joined to), or None where it is one."""
    if len(image) < 50 and image.replace(".", "").isalnum():
        return None  # one quick look is enough for nearly every name
    if not image:
        return "ImageId is empty, expected a file name"
    if "/" in image or "\\" in image or ":" in image or image in {".", ".."} or not image.isprintable():
        return f"ImageId {image!r} is not a plain file name"
    if image != image.strip():
        return f"ImageId {image!r} has spaces around it, expected a plain file name"
    if len(image.encode()) > _LONGEST_NAME:
        return f"ImageId {image[:40]!r}... is longer than {_LONGEST_NAME} bytes"
    return None


def _trouble(kind: str, fields: list[str], number: int) -> str:
    """What is wrong with a row, from what the core found."""
    image = fields[0] if fields else ""
    found, expected = ",".join(fields)[:80], f"expected {','.join(HEADER)!r}"
    return {
        "fields": f"found {number} fields, expected 2 ({','.join(HEADER)})",
        "name": check_image_id(image) or "",
        "ship after none": f"image {image!r} has a ship, but an earlier row says it has none",
        "none after ship": f"image {image!r} is said to have no ship, but earlier rows give it {number}",
        "broken": "not a CSV row: ',' expected after '\"'",
        "unclosed": "not a CSV row: unexpected end of data",
        "header": f"header is {found!r}, {expected}",
        "utf8": f"not UTF-8 text (byte 0x{number:02x})",
    }.get(kind, kind)


def _index(path: Path) -> CsvIndex:
    def name_ok(name: str) -> bool:
        return check_image_id(name) is None

    shown = str(path).encode("utf-8", "backslashreplace").decode()  # the core names the file, and takes only text
    try:
        if path.suffix in {".gz", ".xz"}:
            return index_bytes(shown, _unpacked(path), name_ok)
        with open_input(path) as file:
            status = os.fstat(file.fileno())
            if status.st_size >= CsvIndex.MOST_BYTES:
                raise DatasetError(f"{path} has {status.st_size} bytes, expected fewer than {CsvIndex.MOST_BYTES}")
            index = None
            if stat.S_ISREG(status.st_mode) and status.st_size and index_file is not None:
                index = index_file(shown, file.fileno(), status.st_size, name_ok)
            # A pipe, or a file that is being rewritten: what a plain read gives.
            return index or index_bytes(shown, _bounded(path, file, CsvIndex.MOST_BYTES - 1), name_ok)
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error


def _unpacked(path: Path) -> bytes:
    try:
        with open_input(path) as packed, gzip.open(packed) if path.suffix == ".gz" else lzma.open(packed) as file:
            most = min(_MOST_UNPACKED, _ALWAYS_UNPACKED + _FOR_A_BYTE * os.fstat(packed.fileno()).st_size)
            return _bounded(path, file, most)
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetError(f"{path} is not a whole {path.suffix} file: {error}") from error


def _bounded(path: Path, file: BinaryIO | gzip.GzipFile | lzma.LZMAFile, most: int) -> bytes:
    data = read_most(file, most)
    if len(data) > most:
        raise DatasetError(f"{path} holds more than {most >> 20} MiB, expected less")
    return data


def _compress(path: Path, data: bytes) -> bytes:
    if path.suffix == ".gz":
        return gzip.compress(data, mtime=0)
    return lzma.compress(data) if path.suffix == ".xz" else data

"""Airbus ship CSV: header ``ImageId,EncodedPixels``, one row per ship, one bare row for an image without ships.

The same format holds the training labels, a submission and our own ``ships.csv``. This module checks everything about
the table (width of rows, names, contradictions); the run-length strings themselves are checked where they are decoded,
by ``shipedge.rle``.
"""

import csv
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from shipedge.atomic import write_atomic
from shipedge.errors import DatasetError, RleFormatError
from shipedge.rle import Rle, parse

HEADER = ["ImageId", "EncodedPixels"]
_LONGEST_NAME = 200  # bytes; file systems take 255, and outputs add a suffix


def read_airbus(path: str | os.PathLike[str], *, complaints: list[str] | None = None) -> dict[str, list[str]]:
    """Read the ships of each image.

    A byte order mark, any line ending, blank lines, quoted fields and ``.gz`` or ``.xz`` compression (by suffix) are
    accepted.

    Args:
        path: the CSV.
        complaints: None: the first bad row raises. A list: one sentence for each bad row is appended, and its whole
            image is left out, because an image that silently lacks one of its ships is worse than none.

    Returns:
        ImageId -> run-length strings of its ships, unparsed, in file order; an empty list is an image without ships.

    Raises:
        DatasetError: the file is no Airbus CSV at all, or (``complaints`` None) has a bad row; names file and line.
    """
    path = Path(path)
    images: dict[str, list[str]] = {}
    said_empty: set[str] = set()
    spoiled: set[str] = set()
    for line, fields in _rows(path):
        trouble = _trouble(fields, images, said_empty)
        if trouble is None:
            ships = images.setdefault(fields[0], [])
            if pixels := fields[1].strip():
                ships.append(pixels)
            else:
                said_empty.add(fields[0])
            continue
        sentence = f"{path}: line {line}: {trouble}"
        if complaints is None:
            raise DatasetError(sentence)
        complaints.append(sentence)
        spoiled.add(fields[0])
    return {image: ships for image, ships in images.items() if image not in spoiled} if spoiled else images


def write_airbus(path: str | os.PathLike[str], rows: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Write (ImageId, run-length strings) rows atomically; an image without strings gets its one empty row.

    Raises:
        DatasetError: an ImageId is no plain file name or comes twice, or a string is empty.
    """
    path = Path(path)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    seen: set[str] = set()
    for image, ships in rows:
        trouble = check_image_id(image)
        if trouble is None and image in seen:
            trouble = f"image {image!r} comes twice, expected all its ships in one row"
        if trouble is None and not all(ship.strip() for ship in ships):
            trouble = f"image {image!r} has an empty ship string; an image without ships has no strings"
        if trouble is not None:
            raise DatasetError(f"{path}: {trouble}")
        seen.add(image)
        writer.writerows([(image, ship) for ship in ships] or [(image, "")])
    write_atomic(path, _compress(path, text.getvalue().encode()))


def parse_ships(
    path: str | os.PathLike[str], image: str, ships: Sequence[str], shape: tuple[int, int] = (768, 768)
) -> list[Rle]:
    """The ships of one image as ``read_airbus`` gave them, parsed: one Rle per row.

    Raises:
        DatasetError: a string is malformed; names file, line, image and what is wrong.
    """
    try:
        return [parse(ship, shape) for ship in ships]
    except RleFormatError:
        for row, ship in enumerate(ships):
            try:
                parse(ship, shape)
            except RleFormatError as error:
                raise DatasetError(
                    f"{path}: line {_ship_line(Path(path), image, row)}: image {image!r}: {error}"
                ) from error
        raise


def _ship_line(path: Path, image: str, row: int) -> int:
    """Line of ship ``row`` (from 0) of an image. Reads the file again: only an error message ever needs it."""
    lines = [line for line, fields in _rows(path) if len(fields) == 2 and fields[0] == image and fields[1].strip()]
    return lines[row] if row < len(lines) else 0


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


def _trouble(fields: list[str], images: dict[str, list[str]], said_empty: set[str]) -> str | None:
    """What is wrong with a row, given the rows before it; None where it is fine."""
    if len(fields) != 2:
        return f"found {len(fields)} fields, expected 2 ({','.join(HEADER)})"
    image = fields[0]
    if image not in images:
        return check_image_id(image)
    if image in said_empty:
        return f"image {image!r} has a ship, but an earlier row says it has none" if fields[1].strip() else None
    if not fields[1].strip():
        return f"image {image!r} is said to have no ship, but earlier rows give it {len(images[image])}"
    return None


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Checks the header, then gives (line number, fields) of each row that is not blank."""
    # strict=True: a stray or unclosed quote is an error instead of swallowing the rest of the file.
    reader = csv.reader(io.StringIO(_read_text(path), newline=""), strict=True)
    # One row of a dense mask is over a megabyte; the module's limit of 128 KiB is meant for untrusted services.
    limit = csv.field_size_limit(2**31 - 1)
    header: list[str] = []
    try:
        for fields in reader:
            if header and fields:
                yield reader.line_num, fields
            elif fields:
                header = fields
                if header != HEADER:
                    found = ",".join(header)[:80]
                    expected = f"expected {','.join(HEADER)!r}"
                    raise DatasetError(f"{path}: line {reader.line_num}: header is {found!r}, {expected}")
    except csv.Error as error:
        raise DatasetError(f"{path}: line {reader.line_num}: not a CSV row: {error}") from error
    finally:
        csv.field_size_limit(limit)
    if not header:
        raise DatasetError(f"{path} is empty, expected the header {','.join(HEADER)}")


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        elif path.suffix == ".xz":
            data = lzma.decompress(data)
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetError(f"{path} is not a whole {path.suffix} file: {error}") from error
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DatasetError(f"{path}: line {line}: not UTF-8 text (byte 0x{data[error.start]:02x})") from error


def _compress(path: Path, data: bytes) -> bytes:
    if path.suffix == ".gz":
        return gzip.compress(data, mtime=0)
    return lzma.compress(data) if path.suffix == ".xz" else data

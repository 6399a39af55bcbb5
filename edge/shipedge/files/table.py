"""Rows of a small CSV with a fixed header."""

import csv
import io
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.files.inputs import read_input

_LONGEST = 1 << 28  # bytes; a split of the real data set has 5 MB


def read_bytes(path: Path) -> bytes:
    """The content of a file, or a `DatasetError`."""
    return read_input(path, _LONGEST)


def read_rows(path: Path, content: bytes, header: list[str]) -> list[tuple[int, list[str]]]:
    """(line, fields) of every row below the header.

    Raises:
        DatasetError: no CSV, or another header.
    """
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} is no CSV: {error}") from None
    if not rows or rows[0] != header:
        raise DatasetError(
            f"{path}: header is {','.join(rows[0])[:80] if rows else ''!r}, expected {','.join(header)!r}"
        )
    return list(enumerate(rows[1:], 2))

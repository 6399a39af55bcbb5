"""``scenes.csv``: which pictures were cut from one scene.

They look alike, so neither splits nor intervals may part them.
"""

import csv
import os
from pathlib import Path

from shipedge.errors import DatasetError

HEADER = ["ImageId", "BigImageId"]


def read_scenes(path: str | os.PathLike[str]) -> dict[str, str]:
    """ImageId -> name of its scene.

    Raises:
        DatasetError: unreadable, another header, or a row that has not two fields; names file and line.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} is no CSV: {error}") from error
    if not rows or rows[0] != HEADER:
        raise DatasetError(
            f"{path}: header is {','.join(rows[0])[:80] if rows else ''!r}, expected {','.join(HEADER)!r}"
        )
    for line, row in enumerate(rows[1:], 2):
        if len(row) != 2:
            raise DatasetError(f"{path}: line {line}: found {len(row)} fields, expected 2 ({','.join(HEADER)})")
    return dict(rows[1:])

"""``scenes.csv``: which images were cut from one scene.

They look alike, so neither splits nor intervals may part them.
"""

import os
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.files.table import read_bytes, read_rows

HEADER = ["ImageId", "BigImageId"]


def read_scenes(path: str | os.PathLike[str]) -> dict[str, str]:
    """ImageId -> name of its scene.

    Raises:
        DatasetError: unreadable, another header, or a row that has not two fields; names file and line.
    """
    path = Path(path)
    rows = read_rows(path, read_bytes(path), HEADER)
    for line, row in rows:
        if len(row) != 2:
            raise DatasetError(f"{path}: line {line}: found {len(row)} fields, expected 2 ({','.join(HEADER)})")
    return {image: scene for _, (image, scene) in rows}

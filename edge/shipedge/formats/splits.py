"""``splits.csv``: which group each image belongs to, and which part its group is in.

Header ``ImageId,Group,Part``; a part is ``test`` or ``fold0``, ``fold1`` ...
"""

import re
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.files.table import read_bytes, read_rows

NAME = "splits.csv"
HEADER = ["ImageId", "Group", "Part"]
TEST = "test"


def fold_name(fold: int) -> str:
    """The part of a fold, from 0 on."""
    return f"fold{fold}"


def read_splits(path: Path, content: bytes | None = None) -> dict[str, tuple[str, str]]:
    """ImageId -> (group, part), every row checked.

    Raises:
        DatasetError: no such file, not this table, an unknown part, an image twice, or a group in two parts.
    """
    rows = _rows(path, read_bytes(path) if content is None else content)
    found: dict[str, tuple[str, str]] = {}
    of_group: dict[str, str] = {}
    for line, (image, group, part) in rows:
        if part != TEST and not re.fullmatch(r"fold(0|[1-9]\d{0,3})", part, re.ASCII):
            raise DatasetError(f"{path}: line {line}: part is {part[:40]!r}, expected {TEST} or fold0, fold1 ...")
        if image in found:
            raise DatasetError(f"{path}: line {line}: {image!r} is there twice, expected one row for each image")
        if of_group.setdefault(group, part) != part:
            raise DatasetError(
                f"{path}: line {line}: group {group!r} is in {of_group[group]} and in {part}: "
                "its images overlap, expected all of them in one part"
            )
        found[image] = (group, part)
    return found


def _rows(path: Path, content: bytes) -> list[tuple[int, list[str]]]:
    rows = [(line, row) for line, row in read_rows(path, content, HEADER) if row]
    for line, row in rows:
        if len(row) != len(HEADER) or not all(row):
            raise DatasetError(f"{path}: line {line}: found {','.join(row)[:80]!r}, expected {','.join(HEADER)!r}")
    return rows

"""What the values of YOLO lines are: a box or a polygon, and what a tracker writes behind it.

A line is ``class`` and then x1 y1 x2 y2 ..., the confidence score and the track id, of which the last two are optional.
One value behind the polygon shows in the number of values. Two do not: they look like one more point. They are told
from a point because ids are written as whole numbers, and because all lines of a frame have the same columns.
"""

import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shipedge.errors import DatasetError


class Behind(Enum):
    """What stands behind the polygon: how many values."""

    NOTHING = 0
    SCORE_OR_ID = 1
    SCORE_AND_ID = 2


class Line(NamedTuple):
    """A line of a label file: its number from 1, and its fields, the class first."""

    number: int
    fields: list[str]


def find_columns(files: Iterable[tuple[Path, Iterable[Line]]]) -> dict[Path, Behind]:
    """What stands behind the polygons of each file that has any.

    Raises:
        DatasetError: the lines of a file or the files disagree, or it could be either; names file and line.
    """
    columns: dict[Path, Behind] = {}
    unsure: dict[Path, Line] = {}
    scored: tuple[Path, Line] | None = None
    detour = 0.0
    for path, lines in files:
        first: dict[Behind | None, Line] = {}
        for line in lines:
            if len(line.fields) > 6:
                behind = _of_line(line.fields)
                first.setdefault(behind, line)
                if behind is Behind.SCORE_OR_ID and not _is_whole(line.fields[-1]):
                    scored = scored or (path, line)
                    detour += _length(line.fields[1:-1]) - _length(line.fields[2:])
        sure = [behind for behind in first if behind is not None]
        if len(sure) > 1 or (None in first and Behind.SCORE_OR_ID in first):
            a, b, *_ = sorted(line.number for line in first.values())
            raise DatasetError(
                f"{path}: lines {a} and {b} have other columns (an odd number of coordinates, a score or a track id), "
                "expected the same in all lines"
            )
        if sure:
            columns[path] = sure[0]
        elif first:
            unsure[path] = first[None]
    others = set(columns.values())
    if scored is not None and Behind.NOTHING in others:  # a coordinate is missing rather than a score there
        path, line = scored
        raise DatasetError(
            f"{path}: line {line.number}: found {len(line.fields) - 1} coordinates, expected 6, 8, 10, ... as in the "
            "other files"
        )
    if scored is not None and detour > 0:
        path, line = scored
        raise DatasetError(
            f"{path}: line {line.number}: found {len(line.fields) - 1} values, of which the first seems to be a score, "
            "expected it behind the polygon"
        )
    for path, line in unsure.items():
        if _has_fixed_digits(line.fields[1:-2]):  # a coordinate of 1 would be 1.000000
            columns[path] = Behind.SCORE_AND_ID
        elif len(others) == 1 and Behind.SCORE_OR_ID not in others:
            (columns[path],) = others
        else:
            raise DatasetError(
                f"{path}: line {line.number} ends in {' '.join(line.fields[-2:])}, which is a point or a score and a "
                "track id: write 1.0 for 1 where it is a point, or leave score and id out"
            )
    return columns


def _of_line(fields: Iterable[str]) -> Behind | None:
    """None where the last two of the values could be a point, or a score and an id."""
    values = list(fields)[1:]
    if len(values) % 2:
        return Behind.SCORE_OR_ID
    if not _is_whole(values[-1]) or not _is_score(values[-2]):
        return Behind.NOTHING
    return None if values[-1] in ("0", "1") else Behind.SCORE_AND_ID


def _length(texts: list[str]) -> float:
    """Length of an outline: one that is read from the wrong value on leads to and fro. 0 where it is no outline."""
    try:
        points = np.array(texts, np.float64).reshape(-1, 2)
    except ValueError:
        return 0.0
    length = np.hypot(*(points - np.roll(points, 1, axis=0)).T).sum()
    return float(length) if np.isfinite(length) else 0.0


def _is_whole(text: str) -> bool:
    return re.fullmatch(r"[0-9]+", text) is not None


def _is_score(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def _has_fixed_digits(texts: list[str]) -> bool:
    """All have as many digits behind the point, and some end in zeros: whole numbers would have them too."""
    digits = {len(text.partition(".")[2]) for text in texts}
    return len(digits) == 1 and 0 not in digits and any(text.endswith("0") for text in texts)

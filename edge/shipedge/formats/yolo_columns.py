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

from shipedge.errors import DatasetError
from shipedge.formats.labelled import count
from shipedge.formats.yolo_signs import Signs


class Behind(Enum):
    """What stands behind the polygon: how many values."""

    NOTHING = 0
    SCORE_OR_ID = 1
    SCORE_AND_ID = 2


class Line(NamedTuple):
    """A line of a label file: its number from 1, and its fields, the class first."""

    number: int
    fields: list[str]


def find_columns(files: Iterable[tuple[Path, Iterable[Line]]], notes: list[str]) -> dict[Path, Behind]:
    """What stands behind the polygons of each file that has any.

    Args:
        files: path and lines of each.
        notes: gets a sentence where a point was told from a score and a track id by the other files alone.

    Raises:
        DatasetError: the lines of a file or the files disagree, it could be either, or the lines are no polygons; names
            file and line.
    """
    columns: dict[Path, Behind] = {}
    unsure: dict[Path, Line] = {}
    scored: tuple[Path, Line] | None = None
    signs = Signs()
    bare = False
    for path, lines in files:
        bare_here = False
        first: dict[Behind | None, Line] = {}
        for line in lines:
            if len(line.fields) > 6:
                behind = _of_line(line.fields)
                first.setdefault(behind, line)
                has_score = behind is Behind.SCORE_OR_ID and not _is_whole(line.fields[-1])
                if has_score and scored is None:
                    scored = path, line
                signs.add(line.fields[1:], scored=has_score)
                bare_here |= not {"0", "1"}.isdisjoint(line.fields[1:-2])
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
        bare |= bare_here and columns.get(path, Behind.NOTHING) is Behind.NOTHING
    if signs.are_keypoints:
        folder = next(iter([*columns, *unsure])).parent
        raise DatasetError(f"{folder} seems to hold boxes with keypoints behind them, expected polygons")
    if scored is not None:
        _check_scores(*scored, columns, signs)
    if points := _decide(unsure, columns, bare=bare):
        path, line = points[0]
        notes.append(
            f"{path.parent}: the ends of {count(len(points), 'line')} are read as points, not as scores and track ids, "
            f"as in the rest of the folder: {path.name}: line {line.number} ends in {' '.join(line.fields[-2:])}"
        )
    return columns


def _decide(unsure: dict[Path, Line], columns: dict[Path, Behind], *, bare: bool) -> list[tuple[Path, Line]]:
    """Fill in the columns of files that could be either; gives the lines of those that end in a point.

    Args:
        unsure: a line of each such file.
        columns: of the other files.
        bare: coordinates of the folder are written as 0 or 1, without a decimal point.
    """
    others = set(columns.values())
    points = []
    for path, line in unsure.items():
        if _has_fixed_digits(line.fields[1:-2]):  # a coordinate of 1 would be 1.000000
            columns[path] = Behind.SCORE_AND_ID
        elif others == {Behind.SCORE_AND_ID} or (others == {Behind.NOTHING} and bare):
            (columns[path],) = others
            points += [(path, line)] if Behind.NOTHING in others else []
        else:
            raise DatasetError(
                f"{path}: line {line.number} ends in {' '.join(line.fields[-2:])}, which is a point or a score and a "
                "track id: write 1.0 for 1 where it is a point, or leave score and id out"
            )
    return points


def _check_scores(path: Path, line: Line, columns: dict[Path, Behind], signs: Signs) -> None:
    """Scores stand behind the polygons, in all files; otherwise raises DatasetError for the first line that has one."""
    values = len(line.fields) - 1
    if Behind.NOTHING in columns.values():  # a coordinate is missing rather than a score there
        raise DatasetError(
            f"{path}: line {line.number}: found {values} coordinates, expected 6, 8, 10, ... as in the other files"
        )
    if signs.score_is == "first":
        raise DatasetError(
            f"{path}: line {line.number}: found {values} values, of which the first seems to be a score, expected it "
            "behind the polygon"
        )
    if signs.score_is == "unknown":
        raise DatasetError(
            f"{path}: line {line.number}: found {values} values, of which the first or the last could be a score, and "
            "too few lines to tell: leave the score out"
        )


def _of_line(fields: Iterable[str]) -> Behind | None:
    """None where the last two of the values could be a point, or a score and an id."""
    values = list(fields)[1:]
    if len(values) % 2:
        return Behind.SCORE_OR_ID
    if not _is_whole(values[-1]) or not _is_score(values[-2]):
        return Behind.NOTHING
    return None if values[-1] in ("0", "1") else Behind.SCORE_AND_ID


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

"""YOLO segmentation labels: a folder with one text file per image, one line ``class x1 y1 x2 y2 ...`` per ship.

Coordinates are shares of the picture's width and height. A line is one polygon: where a ship has holes or several
parts, its rings are joined by lines of zero width, there and back, which enclose nothing. Read back here that is exact;
programs that draw the outline of a polygon draw those lines too, one pixel wide.

Source of the format: https://docs.ultralytics.com/datasets/segment/
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shipedge.atomic import new_folder
from shipedge.errors import DatasetError, RleFormatError
from shipedge.formats.labelled import Labelled, Pictures, Stems, count, label_files, read_bounded
from shipedge.rle import Rle, from_polygons, to_polygons

_LONGEST = 64 << 20  # bytes of one file
_SLACK = 0.01  # of a side: tools round, and some draw a little outside
_NO_LABELS = "classes.txt"  # what labelling tools put beside the labels


def read_yolo(folder: str | os.PathLike[str], pictures: Pictures, notes: list[str]) -> Iterator[Labelled]:
    """The images of a folder of label files, by name; a picture without a file has no ships.

    Args:
        folder: of ``.txt`` files.
        pictures: names and sizes, which the labels do not hold.
        notes: gets a sentence for each kind of thing that is not kept: classes, polygons without a pixel, labels
            without a picture.

    Raises:
        DatasetError: no folder, or a line that is no polygon; names file and line.
    """
    folder = Path(folder)
    classes: set[str] = set()
    empty = 0
    for image, path in label_files(folder, ".txt", pictures, notes, leave_out=_NO_LABELS).items():
        shape = pictures.shape(image)
        found = [] if path is None else list(_ships(path, shape, classes))
        empty += sum(ship.area == 0 for ship in found)
        yield Labelled(image, shape, [ship for ship in found if ship.area])
    if len(classes) > 1:
        notes.append(f"{folder}: classes are not kept: {', '.join(sorted(classes))} all become ships")
    if empty:
        notes.append(f"{folder}: {count(empty, 'polygon')} left out that cover the middle of no pixel")


def write_yolo(folder: str | os.PathLike[str], images: Iterable[Labelled], notes: list[str]) -> None:
    """Write a label file per image, an empty one where it has no ship; the folder appears whole or not at all.

    Raises:
        DatasetError: the folder has files already, or two images would share one.
    """
    stems = Stems()
    joined = 0
    with new_folder(folder) as inside:
        for image, shape, ships in images:
            lines = []
            for ship in ships:
                rings = to_polygons(ship)
                joined += len(rings) > 1
                lines += [_line(rings, shape)] if rings else []
            (inside / f"{stems.claim(image)}.txt").write_text("".join(lines), encoding="ascii")
    notes.append(f"{folder}: YOLO labels hold neither the pictures' sizes nor the suffixes of their names")
    if joined:
        notes.append(
            f"{folder}: {count(joined, 'ship')} with holes or several parts: one polygon each, its rings joined by "
            "lines of zero width, which some programs draw one pixel wide"
        )


def _line(rings: list[npt.NDArray[np.int64]], shape: tuple[int, int]) -> str:
    parts = rings[:1]
    for ring in rings[1:]:  # from the first corner of all to the ring, around it, and back
        parts += [rings[0][:1], ring, ring[:1]]
    points = np.concatenate(parts) / np.array([shape[1], shape[0]])
    digits = len(str(max(shape))) + 3  # a thousandth of a pixel: corners lie half a pixel from any middle
    form = "0" + f" %.{digits}f" * (2 * len(points)) + "\n"
    return form % tuple(points.ravel().tolist())


def _ships(path: Path, shape: tuple[int, int], classes: set[str]) -> Iterator[Rle]:
    try:
        text = read_bounded(path, _LONGEST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not text: {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields:
            continue
        place = f"{path}: line {number}"
        if not (fields[0].isascii() and fields[0].isdigit() and len(fields[0]) < 10):
            raise DatasetError(f"{place}: class is {fields[0][:40]!r}, expected a number from 0")
        classes.add(fields[0])
        if len(fields) == 5:
            raise DatasetError(f"{place}: found a box, expected a polygon: class x1 y1 x2 y2 x3 y3 ...")
        if len(fields) < 7 or len(fields) % 2 == 0:
            raise DatasetError(f"{place}: found {len(fields) - 1} coordinates, expected 6, 8, 10, ...")
        try:
            shares = np.array(fields[1:], np.float64)
        except ValueError as error:
            raise DatasetError(f"{place}: {error}") from error
        wrong = np.flatnonzero(~((shares >= -_SLACK) & (shares <= 1 + _SLACK)))  # NaN too
        if wrong.size:
            value = fields[1 + wrong[0]][:40]
            raise DatasetError(f"{place}: coordinate {wrong[0] + 1} is {value}, expected 0 to 1 (a share of the side)")
        try:
            yield from_polygons([shares.reshape(-1, 2) * (shape[1], shape[0])], shape)
        except RleFormatError as error:
            raise DatasetError(f"{place}: {error}") from error

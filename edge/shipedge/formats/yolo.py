"""YOLO segmentation labels: a folder with one text file per image, one line ``class x1 y1 x2 y2 ...`` per ship.

Coordinates are shares of the image's width and height. A line is one polygon: where a ship has holes or several
parts, its rings are joined by lines of zero width, there and back, which enclose nothing. Read back here that is exact;
programs that draw the outline of a polygon draw those lines too, one pixel wide. An oriented box is a polygon of four
points; a box (``class x y width height``) is no mask.

Source of the format: https://docs.ultralytics.com/datasets/segment/
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shipedge.errors import DatasetError
from shipedge.files.atomic import new_folder
from shipedge.files.inputs import read_input
from shipedge.formats.label_folder import label_files
from shipedge.formats.labelled import ImageList, Labelled, Stems, count
from shipedge.formats.left_out import LeftOut
from shipedge.formats.shapes import fill, join_rings
from shipedge.formats.yolo_columns import Behind, Line, find_columns
from shipedge.rle import Rle, to_polygons

_LONGEST = 64 << 20  # bytes of one file
_SLACK = 0.01  # of a side: tools round, and some draw a little outside


def read_yolo(folder: Path, image_list: ImageList, left_out: LeftOut, notes: list[str]) -> Iterator[Labelled]:
    """The images of a folder of label files, by name; an image without a file has no ships.

    Args:
        folder: of ``.txt`` files.
        image_list: names and sizes, which the labels do not hold.
        left_out: counts boxes and polygons without a pixel.
        notes: gets a sentence for each kind of thing that is not kept.

    Raises:
        DatasetError: no labels, or a line that is no polygon; names file and line.
    """
    files = label_files(folder, ".txt", image_list, left_out, notes)
    columns = find_columns(((path, _lines(path)) for path in files.values() if path is not None), notes)
    classes: set[str] = set()
    unknown = 0
    for image, path in files.items():
        size = image_list.size(image)
        unknown += size is None
        shape = size or (768, 768)
        found = [] if path is None else _ships(path, shape, columns.get(path, Behind.NOTHING), classes)
        yield Labelled(image, shape, left_out.masks(found))
    if unknown:
        notes.append(f"{folder}: YOLO labels do not hold sizes, taken to be 768x768: --images or --shape says others")
    if len(classes) > 1:
        notes.append(f"{folder}: classes are not kept: {', '.join(sorted(classes))} all become ships")
    more = sum(behind is not Behind.NOTHING for behind in columns.values())
    if more:
        notes.append(f"{folder}: scores and track ids behind the polygons of {count(more, 'file')} are not kept")


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
    notes.append(f"{folder}: YOLO labels hold neither the images' sizes nor the suffixes of their names")
    if joined:
        notes.append(
            f"{folder}: {count(joined, 'ship')} with holes or several parts: one polygon each, its rings joined by "
            "lines of zero width, which some programs draw one pixel wide"
        )


def _line(rings: list[npt.NDArray[np.int64]], shape: tuple[int, int]) -> str:
    points = join_rings(rings) / np.array([shape[1], shape[0]])
    digits = len(str(max(shape))) + 3  # a thousandth of a pixel: corners lie half a pixel from any middle
    form = "0" + f" %.{digits}f" * (2 * len(points)) + "\n"
    return form % tuple(points.ravel().tolist())


def _lines(path: Path) -> Iterator[Line]:
    try:
        text = read_input(path, _LONGEST).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8 text (byte 0x{error.object[error.start]:02x})") from error
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields:
            continue
        if not (fields[0].isascii() and fields[0].isdigit() and len(fields[0]) < 10):
            raise DatasetError(f"{path}: line {number}: class is {fields[0][:40]!r}, expected a number from 0")
        if len(fields) < 5:
            raise DatasetError(f"{path}: line {number}: found {len(fields) - 1} coordinates, expected 6, 8, 10, ...")
        yield Line(number, fields)


def _ships(path: Path, shape: tuple[int, int], behind: Behind, classes: set[str]) -> Iterator[Rle | str]:
    """The mask of each line, or why it has none."""
    for number, fields in _lines(path):
        where = f"{path}: line {number}"
        classes.add(fields[0])
        values = fields[1 : len(fields) - behind.value] if len(fields) > 6 else fields[1:5]
        shares = np.array([_share(value, where, k) for k, value in enumerate(values, 1)])
        if len(shares) == 4:
            yield "with a box alone"
        else:
            yield fill([shares.reshape(-1, 2) * (shape[1], shape[0])], shape, where)


def _share(text: str, where: str, number: int) -> float:
    try:
        value = float(text) if text.isascii() and "_" not in text else np.nan  # Python reads 1_0 and Arabic digits
    except ValueError:
        value = np.nan
    if -_SLACK <= value <= 1 + _SLACK:
        return value
    raise DatasetError(f"{where}: coordinate {number} is {text[:40]!r}, expected 0 to 1 (a share of the side)")

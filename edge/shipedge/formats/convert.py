"""From any format of ships to any other, through `Labelled` images."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from shipedge.errors import DatasetError
from shipedge.formats.airbus import open_csv, write_airbus
from shipedge.formats.coco import read_coco, write_coco
from shipedge.formats.labelled import Labelled, Pictures, count
from shipedge.formats.png_folder import read_png_folder, write_png_folder
from shipedge.formats.yolo import read_yolo, write_yolo
from shipedge.order import other_order

FORMATS = ("airbus", "coco", "labels", "png", "yolo")
"""Airbus CSV, COCO JSON, folder of label pictures, folder of masks, folder of YOLO polygons."""


def read_labelled(
    path: Path, kind: str, pictures: Pictures, notes: list[str], order: Literal["F", "C"] = "F"
) -> Iterator[Labelled]:
    """The images of ``path`` in one of ``FORMATS``.

    Args:
        path: file or folder.
        kind: one of ``FORMATS``.
        pictures: names and sizes where the format holds none.
        notes: gets a sentence for each kind of thing that is not kept.
        order: of the runs in an Airbus CSV; "C" for one that was written along the rows by mistake.

    Raises:
        DatasetError: not of this format, or malformed.
    """
    if kind == "airbus":
        return _read_airbus(path, pictures, notes, order)
    if kind == "coco":
        return _only(read_coco(path, notes), path, pictures, notes)
    if not path.is_dir():
        raise DatasetError(f"{path} is not a folder")
    if kind == "yolo":
        return read_yolo(path, pictures, notes)
    return read_png_folder(path, pictures, notes, labels=kind == "labels")


def write_labelled(path: Path, kind: str, images: Iterable[Labelled], notes: list[str]) -> None:
    """Write the images in one of ``FORMATS``, whole or not at all; ``notes`` gets a sentence for each kind of loss.

    Raises:
        DatasetError: the format cannot hold the images at all, or a folder has files already.
    """
    if kind == "airbus":
        _write_airbus(path, images, notes)
    elif kind == "coco":
        write_coco(path, images, notes)
    elif kind == "yolo":
        write_yolo(path, images, notes)
    else:
        write_png_folder(path, images, notes, labels=kind == "labels")


def recognise(path: Path, *, exists: bool) -> str:
    """The format of ``path``: by its suffix, of a folder by what is in it.

    Args:
        path: file or folder.
        exists: it is to be read; otherwise it is to be written.

    Raises:
        DatasetError: it could be several or none.
    """
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz", ".csv.xz")):
        return "airbus"
    if name.endswith(".json"):
        return "coco"
    if not exists:
        raise DatasetError(f"{path} could be any folder, say which with --to labels, png or yolo")
    if path.is_dir():
        suffixes = {os.path.splitext(entry)[1].lower() for entry in os.listdir(path)}  # noqa: PTH122, PTH208
        if (".png" in suffixes) != (".txt" in suffixes):
            return "png" if ".png" in suffixes else "yolo"
        raise DatasetError(f"{path} is neither a folder of masks (.png) nor of YOLO labels (.txt), say with --from")
    if not path.exists():
        raise DatasetError(f"{path} does not exist")
    raise DatasetError(f"{path} has no known suffix (.csv, .json), say its format with --from")


def _only(images: Iterable[Labelled], path: Path, pictures: Pictures, notes: list[str]) -> Iterator[Labelled]:
    """Those of the images whose pictures are there, and are as large as said."""
    strays = 0
    for image in images:
        if image.image not in pictures:
            strays += 1
        elif pictures.folder is not None and pictures.shape(image.image) != image.shape:
            found = pictures.shape(image.image)
            raise DatasetError(f"{path}: image {image.image!r} has shape {image.shape}, its picture {found}")
        else:
            yield image
    if strays:
        notes.append(_left_out(path, strays, pictures))


def _read_airbus(path: Path, pictures: Pictures, notes: list[str], order: Literal["F", "C"]) -> Iterator[Labelled]:
    strays = 0
    index = open_csv(path)
    for image in index:
        if image in pictures:
            shape = pictures.shape(image)
            ships = index.ships(image, shape)
            if order == "C":
                ships = [other_order(ship) for ship in ships]
            yield Labelled(image, shape, ships)
        else:
            strays += 1
    if strays:
        notes.append(_left_out(path, strays, pictures))


def _left_out(path: Path, strays: int, pictures: Pictures) -> str:
    return f"{path}: {count(strays, 'image')} left out, {pictures.folder} has no picture of that name"


def _write_airbus(path: Path, images: Iterable[Labelled], notes: list[str]) -> None:
    other_sizes = 0

    def rows() -> Iterator[tuple[str, list[str]]]:
        nonlocal other_sizes
        for image, shape, ships in images:
            other_sizes += shape != (768, 768)
            yield image, [ship.to_airbus() for ship in ships if ship.area]

    write_airbus(path, rows())
    if other_sizes:
        notes.append(
            f"{path}: an Airbus CSV does not hold sizes: {count(other_sizes, 'image')} not of 768x768 pixels must be "
            "read with --images or --shape"
        )

"""From any format of ships to any other, through `Labelled` images."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from shipedge.airbus import open_csv, write_airbus
from shipedge.errors import DatasetError
from shipedge.files.json_file import load
from shipedge.formats.coco import read_coco
from shipedge.formats.coco_results import is_results, read_results
from shipedge.formats.coco_write import write_coco
from shipedge.formats.cvat import CVAT
from shipedge.formats.labelled import ImageList, Labelled, count
from shipedge.formats.labelme import LABELME
from shipedge.formats.labelstudio import LABELSTUDIO
from shipedge.formats.left_out import LeftOut
from shipedge.formats.order import other_order
from shipedge.formats.png_folder import read_png_folder, write_png_folder
from shipedge.formats.supervisely import SUPERVISELY
from shipedge.formats.tools import read_tool
from shipedge.formats.via import VIA
from shipedge.formats.yolo import read_yolo, write_yolo
from shipedge.rle import Overlap

TOOLS = {"cvat": CVAT, "labelme": LABELME, "labelstudio": LABELSTUDIO, "supervisely": SUPERVISELY, "via": VIA}
"""Native files of labelling tools, which are read but not written."""
FORMATS = ("airbus", "coco", "labels", "png", "yolo", *TOOLS)
"""Airbus CSV, COCO JSON, folder of label maps, folder of masks, folder of YOLO polygons, files of tools."""
WRITTEN = ("airbus", "coco", "coco-rle", "labels", "png", "yolo")
"""Those formats that are no tool's own; COCO with polygons or with compressed counts."""


def read_labelled(
    path: Path,
    kind: str,
    image_list: ImageList,
    notes: list[str],
    order: Literal["F", "C"] = "F",
    crowds: Literal["keep", "drop"] = "keep",
) -> Iterator[Labelled]:
    """The images of ``path`` in one of ``FORMATS``; of known images, only those that have one.

    Args:
        path: file or folder.
        kind: one of ``FORMATS``.
        image_list: names and sizes where the format holds none.
        notes: gets a sentence for each kind of thing that is not kept.
        order: of the runs in an Airbus CSV; "C" for one that was written along the rows by mistake.
        crowds: "drop" leaves out objects of a COCO file with ``iscrowd``.

    Raises:
        DatasetError: not of this format, malformed, or none of its objects becomes a ship.
    """
    left_out = LeftOut(path, image_list)
    return left_out.checked(_read(path, kind, image_list, left_out, notes, order, crowds), notes)


def _read(
    path: Path,
    kind: str,
    image_list: ImageList,
    left_out: LeftOut,
    notes: list[str],
    order: Literal["F", "C"],
    crowds: Literal["keep", "drop"],
) -> Iterator[Labelled]:
    if kind == "airbus":
        return _read_airbus(path, image_list, left_out, order)
    if kind == "coco":
        data = load(path)
        if is_results(data):
            return read_results(path, data, image_list, left_out, notes)
        return _sized(read_coco(path, data, image_list, left_out, notes, crowds), path, image_list)
    if kind in TOOLS:
        return _sized(read_tool(TOOLS[kind], path, image_list, left_out), path, image_list)
    if not path.is_dir():
        raise DatasetError(f"{path} is not a folder")
    if kind == "yolo":
        return read_yolo(path, image_list, left_out, notes)
    return read_png_folder(path, image_list, left_out, notes, labels=kind == "labels")


def write_labelled(
    path: Path, kind: str, images: Iterable[Labelled], notes: list[str], overlap: Overlap = "error"
) -> None:
    """Write the images in one of ``WRITTEN``, whole or not at all; ``notes`` gets a sentence for each kind of loss.

    ``overlap`` says whose a pixel of several ships is in label maps, as for `shipedge.rle.to_labels`.

    Raises:
        DatasetError: the format cannot hold the images at all, or a folder has files already.
    """
    if kind == "airbus":
        _write_airbus(path, images, notes)
    elif kind in ("coco", "coco-rle"):
        write_coco(path, images, counts=kind == "coco-rle")
    elif kind == "yolo":
        write_yolo(path, images, notes)
    else:
        write_png_folder(path, images, notes, labels=overlap if kind == "labels" else None)


def _sized(images: Iterable[Labelled], path: Path, image_list: ImageList) -> Iterator[Labelled]:
    """The same images; raises DatasetError where one is not as large as its file."""
    for image in images:
        size = image_list.size(image.image) if image_list.known else image.shape
        if size != image.shape:
            raise DatasetError(f"{path}: image {image.image!r} has shape {image.shape}, its file {size}")
        yield image


def _read_airbus(path: Path, image_list: ImageList, left_out: LeftOut, order: Literal["F", "C"]) -> Iterator[Labelled]:
    index = open_csv(path)
    for name in index:
        image = image_list.find(name)
        if image is None:
            left_out.image(len(index[name]))
            continue
        shape = image_list.shape(image)
        ships = index.ships(name, shape)
        if order == "C":
            ships = [left_out.budget.take(other_order(ship)) for ship in ships]
        yield Labelled(image, shape, ships)


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

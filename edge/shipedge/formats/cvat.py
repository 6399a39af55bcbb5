"""CVAT for images 1.1: one XML file with polygons, ellipses and masks (runs along the rows of a box).

Source of the format: https://docs.cvat.ai/docs/other/xml_format
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shipedge.errors import DatasetError, RleFormatError
from shipedge.files.inputs import read_input
from shipedge.files.shorten import shorten
from shipedge.formats.budget import refuse_turning
from shipedge.formats.left_out import LeftOut
from shipedge.formats.names import image_name
from shipedge.formats.shapes import corners, ellipse, fill
from shipedge.formats.tools import Shape, Tool, ToolImage
from shipedge.rle import Rle, from_coco
from shipedge.segmentation import place_mask

_LONGEST = 1 << 30  # bytes of XML
_NO_OBJECTS = {"tag", "attribute"}  # of the whole image


class _NoDoctype(ET.TreeBuilder):
    """Refuses document types: entities in them can make gigabytes of a few bytes, and CVAT writes none."""

    def doctype(self, *_: Any) -> None:
        raise ValueError("it has a document type")


def _images(path: Path, _: LeftOut) -> Iterator[ToolImage]:
    try:
        root = ET.fromstring(read_input(path, _LONGEST), ET.XMLParser(target=_NoDoctype()))
    except (ET.ParseError, ValueError, LookupError) as error:  # LookupError: an unknown encoding
        raise DatasetError(f"{path} is no XML of CVAT: {error}") from error
    if root.find("track") is not None:
        raise DatasetError(f"{path} holds tracks, which name no images: export it as CVAT for images")
    if root.tag != "annotations":
        raise DatasetError(f"{path} is no XML of CVAT: it begins with <{root.tag[:40]}>, expected <annotations>")
    for number, image in enumerate(root.iter("image")):
        where = f"{path}: image {number}"
        name = image_name(image.get("name"), f"{where}: name")
        size = _whole(image, "height", where), _whole(image, "width", where)
        found = [(f"{where}: {one.tag} {k}", one) for k, one in enumerate(image) if one.tag not in _NO_OBJECTS]
        yield ToolImage(where, name, size, found)


def _mask(entry: ET.Element, shape: Shape, where: str) -> Rle | str:
    if entry.tag == "polygon":
        pairs = [pair.split(",") for pair in entry.get("points", "").split(";")]
        try:
            return fill([corners([[float(x), float(y)] for x, y in pairs], where)], shape, where)
        except ValueError as error:
            raise DatasetError(f"{where}: points are {shorten(entry.get('points'))}, expected x,y;x,y;...") from error
    if entry.tag == "ellipse":
        try:
            x, y, rx, ry, turn = (float(entry.get(key, "0")) for key in ("cx", "cy", "rx", "ry", "rotation"))
        except ValueError as error:
            raise DatasetError(f"{where}: {error}") from error
        return fill([ellipse(x, y, rx, ry, math.radians(turn))], shape, where)
    if entry.tag != "mask":
        return f"of type {shorten(entry.tag)}"
    height, width = _whole(entry, "height", where), _whole(entry, "width", where)
    counts = re.split(r"[,\s]+", entry.get("rle", "").strip())
    if not all(re.fullmatch("[0-9]{1,10}", one) for one in counts):
        raise DatasetError(f"{where}: rle is {shorten(entry.get('rle'))}, expected counts")
    try:  # along the rows is down the columns of the transposed mask
        rows = from_coco([int(one) for one in counts], (width, height))
    except (RleFormatError, OverflowError) as error:
        raise DatasetError(f"{where}: {error}") from error
    refuse_turning(rows, where)
    return place_mask(rows.transpose(), _whole(entry, "left", where), _whole(entry, "top", where), shape)


def _whole(entry: ET.Element, key: str, where: str) -> int:
    value = entry.get(key, "")
    if not re.fullmatch(r"-?[0-9]{1,10}(\.0*)?", value):
        raise DatasetError(f"{where}: {key} is {shorten(value or None)}, expected an integer")
    return int(value.partition(".")[0])


CVAT = Tool(_images, _mask, lambda entry: entry.get("label"))

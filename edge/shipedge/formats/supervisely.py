"""Supervisely: one JSON file per image, called ``a.jpg.json``, with polygons that may have holes and with bitmaps.

Source of the format: https://docs.supervisely.com/data-organization/00_ann_format_navi
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shipedge.errors import DatasetError
from shipedge.files.json_file import integer, objects
from shipedge.files.shorten import shorten
from shipedge.formats.left_out import LeftOut
from shipedge.formats.names import image_name
from shipedge.formats.shapes import corners, fill, mask_of_base64
from shipedge.formats.tools import Shape, Tool, ToolImage, tool_files
from shipedge.rle import Rle
from shipedge.segmentation import place_mask


def _images(path: Path, left_out: LeftOut) -> Iterator[ToolImage]:
    for file, data in tool_files(path, "supervisely", left_out):
        size = (data["size"].get("height"), data["size"].get("width"))
        name = file.name[: -len(".json")]
        yield ToolImage(str(file), image_name(name, f"{file}: name"), size, list(objects(str(file), data, "objects")))


def _mask(entry: dict[str, Any], shape: Shape, where: str) -> Rle | str:
    kind = entry.get("geometryType") or entry.get("type")  # early exports call polygons "type": "region"
    kind = "polygon" if kind == "region" else kind
    inside = entry.get({"bitmap": "bitmap", "polygon": "points"}.get(str(kind), ""))
    if not isinstance(inside, dict):
        return f"of type {shorten(kind)}"
    if kind == "bitmap":
        origin = inside.get("origin")
        if not isinstance(origin, list) or len(origin) != 2:
            raise DatasetError(f"{where}: origin is {shorten(origin)}, expected x and y")
        left, top = (integer({"origin": value}, "origin", where) for value in origin)
        return place_mask(mask_of_base64(inside.get("data"), where, packed=True), left, top, shape)
    filled = fill([corners(inside.get("exterior"), where)], shape, where)
    holes = inside.get("interior") or []
    if not isinstance(holes, list):
        raise DatasetError(f"{where}: interior is {shorten(holes)}, expected a list of polygons")
    hollow = fill([corners(hole, where) for hole in holes], shape, where)
    return filled - hollow if isinstance(filled, Rle) and isinstance(hollow, Rle) else filled


SUPERVISELY = Tool(_images, _mask, lambda entry: entry.get("classTitle"))

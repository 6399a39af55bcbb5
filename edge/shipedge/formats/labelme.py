"""labelme: one JSON file per image, with polygons, circles and small masks; shapes of one group are one object.

Source of the format: https://github.com/wkentaro/labelme (shapes_to_label in labelme/utils/shape.py)
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shipedge.errors import DatasetError
from shipedge.files.json_file import entries
from shipedge.files.shorten import shorten
from shipedge.formats.left_out import LeftOut
from shipedge.formats.names import image_name
from shipedge.formats.shapes import corners, ellipse, fill, mask_of_base64
from shipedge.formats.tools import Shape, Tool, ToolImage, tool_files
from shipedge.rle import Rle, union
from shipedge.segmentation import place_mask

_WITH_MASK = ("polygon", "circle", "mask")


def _images(path: Path, left_out: LeftOut) -> Iterator[ToolImage]:
    for file, data in tool_files(path, "labelme", left_out):
        name = image_name(data.get("imagePath") or f"{file.stem}.jpg", f"{file}: imagePath")
        groups: dict[Any, tuple[str, list[dict[str, Any]]]] = {}
        for number, (where, shape) in enumerate(entries(f"{file}: shapes", data["shapes"])):
            group = shape.get("group_id")
            key = f"{shape.get('label')} {group}" if group is not None and _has_mask(shape) else f"alone {number}"
            groups.setdefault(key, (where, []))[1].append(shape)
        yield ToolImage(str(file), name, (data.get("imageHeight"), data.get("imageWidth")), list(groups.values()))


def _has_mask(shape: dict[str, Any]) -> bool:
    """It can be a part of an object; a box in the group of a polygon is an object of its own, which is left out."""
    points = shape.get("points")
    return _kind(shape) in _WITH_MASK and not (
        _kind(shape) == "polygon" and isinstance(points, list) and len(points) < 3
    )


def _kind(shape: dict[str, Any]) -> Any:
    return shape.get("shape_type") or "polygon"


def _mask(group: list[dict[str, Any]], shape: Shape, where: str) -> Rle | str:
    parts = [_part(one, shape, where) for one in group]
    masks = [part for part in parts if isinstance(part, Rle)]
    return union(masks, shape) if masks else parts[0]


def _part(entry: dict[str, Any], shape: Shape, where: str) -> Rle | str:
    kind = _kind(entry)
    if kind not in _WITH_MASK:
        return f"of type {shorten(kind)}"
    points = corners(entry.get("points"), where)
    if kind == "polygon":
        return fill([points], shape, where)
    if len(points) != 2:
        raise DatasetError(f"{where}: a {kind} has {len(points)} points, expected 2")
    (x, y), (x2, y2) = points.tolist()
    if kind == "circle":  # center, and a point on it
        radius = math.hypot(x2 - x, y2 - y)
        return fill([ellipse(x, y, radius, radius)], shape, where)
    if not (abs(x) < 1 << 31 and abs(y) < 1 << 31):
        raise DatasetError(f"{where}: the mask lies at {x:g}, {y:g}, expected a place in the image")
    return place_mask(mask_of_base64(entry.get("mask"), where), int(x), int(y), shape)


LABELME = Tool(_images, _mask, lambda group: group[0].get("label"))

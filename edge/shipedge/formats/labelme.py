"""labelme: one JSON file per image, with polygons, circles and small masks; shapes of one group are one object.

Source of the format: https://github.com/wkentaro/labelme (shapes_to_label in labelme/utils/shape.py)
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shipedge.errors import DatasetError
from shipedge.formats.json_file import entries, load
from shipedge.formats.left_out import LeftOut
from shipedge.formats.names import image_name
from shipedge.formats.shapes import corners, ellipse, fill, mask_of_base64, place_mask
from shipedge.formats.shown import shown
from shipedge.formats.tools import Shape, Tool, ToolImage, label_paths
from shipedge.rle import Rle, union


def _images(path: Path, _: LeftOut) -> Iterator[ToolImage]:
    for file in label_paths(path):
        data = load(file)
        if not isinstance(data, dict) or not isinstance(data.get("shapes"), list):
            raise DatasetError(f"{file} is no labelme file: it has no list of shapes")
        name = image_name(data.get("imagePath") or f"{file.stem}.jpg", f"{file}: imagePath")
        groups: dict[Any, tuple[str, list[dict[str, Any]]]] = {}
        for number, (place, shape) in enumerate(entries(f"{file}: shapes", data["shapes"])):
            group = shape.get("group_id")
            key = f"alone {number}" if group is None else f"{shape.get('label')} {group}"
            groups.setdefault(key, (place, []))[1].append(shape)
        yield ToolImage(str(file), name, (data.get("imageHeight"), data.get("imageWidth")), list(groups.values()))


def _mask(group: list[dict[str, Any]], shape: Shape, place: str) -> Rle | str:
    parts = [_part(one, shape, place) for one in group]
    masks = [part for part in parts if isinstance(part, Rle)]
    return union(masks, shape) if masks else parts[0]


def _part(entry: dict[str, Any], shape: Shape, place: str) -> Rle | str:
    kind = entry.get("shape_type") or "polygon"
    if kind not in ("polygon", "circle", "mask"):
        return f"of type {shown(kind)}"
    points = corners(entry.get("points"), place)
    if kind == "polygon":
        return fill([points], shape, place)
    if len(points) != 2:
        raise DatasetError(f"{place}: a {kind} has {len(points)} points, expected 2")
    (x, y), (x2, y2) = points.tolist()
    if kind == "circle":  # center, and a point on it
        radius = math.hypot(x2 - x, y2 - y)
        return fill([ellipse(x, y, radius, radius)], shape, place)
    if not (abs(x) < 1 << 31 and abs(y) < 1 << 31):
        raise DatasetError(f"{place}: the mask lies at {x:g}, {y:g}, expected a place in the image")
    return place_mask(mask_of_base64(entry.get("mask"), place), int(x), int(y), shape)


LABELME = Tool(_images, _mask, lambda group: group[0].get("label"))

"""Label Studio JSON: a list of tasks, whose annotations hold polygons and ellipses in percent, and brush masks.

Source of the format: https://labelstud.io/guide/export (JSON), and for brush masks
https://github.com/thi-ng/umbrella/tree/develop/packages/rle-pack
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from shipedge.errors import DatasetError, RleFormatError
from shipedge.files.json_file import entries, load, real
from shipedge.files.shorten import shorten
from shipedge.formats.left_out import LeftOut
from shipedge.formats.names import image_name
from shipedge.formats.shapes import corners, ellipse, fill
from shipedge.formats.tools import Shape, Tool, ToolImage
from shipedge.rle import Rle, from_label_studio

_GEOMETRY = {"points", "rle", "x", "y", "width", "height", "radiusX", "radiusY", "vertices", "imageDataURL"}


def _images(path: Path, left_out: LeftOut) -> Iterator[ToolImage]:
    for where, task in entries(str(path), load(path)):
        data = task.get("data")
        if not isinstance(data, dict):
            raise DatasetError(f"{where}: data is {shorten(data)}, expected an object that names the image")
        texts = [value for value in data.values() if isinstance(value, str)]
        name = image_name(data.get("image") or (texts[0] if len(texts) == 1 else None), f"{where}: data.image")
        regions: list[tuple[str, Any]] = []
        used = False
        for at, annotation in entries(f"{where}: annotations", task.get("annotations", task.get("completions", []))):
            found = _regions(at, annotation)
            if annotation.get("was_cancelled") or used:
                why = "in further annotations of an image" if used else "in annotations that were skipped"
                for _ in found:
                    left_out.add(why)
            else:
                regions, used = found, True
        for at, prediction in entries(f"{where}: predictions", task.get("predictions") or []):
            for _ in [] if used or not isinstance(prediction.get("result"), list) else _regions(at, prediction):
                left_out.add("in predictions that nobody accepted")
        if not used:
            left_out.unanswered()
            continue
        sizes = [(one.get("original_height"), one.get("original_width")) for _, one in regions]
        if any(size != sizes[0] for size in sizes):
            raise DatasetError(f"{where}: its regions disagree on the size of the image")
        yield ToolImage(where, name, sizes[0] if sizes else None, regions)


def _regions(where: str, annotation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """One result for each region; a region with several labels has a result for each, of the same id and place."""
    found: list[tuple[str, dict[str, Any]]] = []
    drawn: dict[str, list[dict[str, Any]]] = {}
    for at, result in entries(f"{where}: result", annotation.get("result")):
        value = result.get("value")
        geometry = {key: value[key] for key in _GEOMETRY & set(value)} if isinstance(value, dict) else {}
        others = drawn.setdefault(str(result.get("id") or at), [])
        if geometry and geometry not in others:
            others.append(geometry)
            found.append((at, result))
    return found


def _mask(result: dict[str, Any], shape: Shape, where: str) -> Rle | str:
    value: dict[str, Any] = result["value"]
    kind = str(result.get("type")).removesuffix("labels")
    if result.get("image_rotation"):
        raise DatasetError(f"{where}: the image was turned by {shorten(result['image_rotation'])} degrees, expected 0")
    height, width = shape
    if "rle" in value:
        packed = value["rle"]
        if not isinstance(packed, list) or not all(type(byte) is int and 0 <= byte <= 255 for byte in packed):
            raise DatasetError(f"{where}: rle is {shorten(packed)}, expected a list of bytes")
        try:
            return from_label_studio(packed, shape)
        except RleFormatError as error:
            raise DatasetError(f"{where}: rle: {error}") from error
    percent = np.array([width, height]) / 100
    if "points" in value and kind in ("polygon", ""):
        return fill([corners(value["points"], where) * percent], shape, where)
    if {"radiusX", "radiusY"} <= set(value):
        x, y, rx, ry = (real(value, key, where) for key in ("x", "y", "radiusX", "radiusY"))
        turn = math.radians(real(value, "rotation", where)) if "rotation" in value else 0.0
        (x, y), (rx, ry) = percent * (x, y), percent * (rx, ry)
        return fill([ellipse(x, y, rx, ry, turn)], shape, where)
    return f"of type {shorten(result.get('type'))}"


def _label(result: dict[str, Any]) -> str:
    labels = result["value"].get(str(result.get("type")))
    return ", ".join(label for label in labels if isinstance(label, str)) if isinstance(labels, list) else ""


LABELSTUDIO = Tool(_images, _mask, _label)

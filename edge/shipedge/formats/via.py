"""VGG Image Annotator (VIA) 1 and 2: one JSON file, a project or exported annotations; it holds no sizes of images.

Source of the format: https://www.robots.ox.ac.uk/~vgg/software/via/
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shipedge.errors import DatasetError
from shipedge.files.json_file import entries, load, real
from shipedge.files.shorten import shorten
from shipedge.formats.left_out import LeftOut
from shipedge.formats.names import image_name
from shipedge.formats.shapes import corners, ellipse, fill
from shipedge.formats.tools import Shape, Tool, ToolImage
from shipedge.rle import Rle


def _images(path: Path, _: LeftOut) -> Iterator[ToolImage]:
    data = load(path)
    images = data.get("_via_img_metadata", data) if isinstance(data, dict) else None
    if not isinstance(images, dict):
        raise DatasetError(f"{path} is no VIA file: it has no images")
    for key, image in images.items():
        where = f"{path}: {shorten(key)}"
        if not isinstance(image, dict) or "regions" not in image:
            raise DatasetError(f"{where} is {shorten(image)}, expected an image with regions")
        regions = image["regions"]
        if isinstance(regions, dict):  # VIA 1 counts them: "0", "1"
            regions = list(regions.values())
        name = image_name(image.get("filename"), f"{where}: filename")
        yield ToolImage(where, name, None, list(entries(f"{where}: regions", regions)))


def _mask(region: dict[str, Any], shape: Shape, where: str) -> Rle | str:
    entry = region.get("shape_attributes")
    if not isinstance(entry, dict) or not entry:
        return "without a mask"
    kind = entry.get("name")
    if kind in ("polygon", "polygone"):
        xs, ys = entry.get("all_points_x"), entry.get("all_points_y")
        if not isinstance(xs, list) or not isinstance(ys, list) or len(xs) != len(ys):
            raise DatasetError(
                f"{where}: all_points_x is {shorten(xs)}, all_points_y {shorten(ys)}, expected equal lists"
            )
        return fill([corners([list(point) for point in zip(xs, ys, strict=True)], where)], shape, where)
    if kind not in ("circle", "ellipse"):
        return f"of type {shorten(kind)}"
    x, y = real(entry, "cx", where), real(entry, "cy", where)
    if kind == "circle":
        radius = real(entry, "r", where)
        return fill([ellipse(x, y, radius, radius)], shape, where)
    angle = real(entry, "theta", where) if "theta" in entry else 0.0
    return fill([ellipse(x, y, real(entry, "rx", where), real(entry, "ry", where), angle)], shape, where)


def _label(region: dict[str, Any]) -> Any:
    attributes = region.get("region_attributes")
    texts = attributes.values() if isinstance(attributes, dict) else ()
    return next((text for text in texts if isinstance(text, str) and text), "")


VIA = Tool(_images, _mask, _label)

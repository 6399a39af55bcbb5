"""COCO instances: one JSON object with ``images``, ``annotations`` and ``categories``.

Polygons, counts and compressed counts are read. Ids of images mean nothing beyond the file; an image goes by the last
part of its ``file_name``. Values that are not used (area, bbox, ids of annotations) are not checked, because tools
leave them out or write NaN.

Source of the format: https://cocodataset.org/#format-data
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from shipedge.errors import DatasetError, RleFormatError
from shipedge.files.json_file import integer, objects, whole
from shipedge.files.shorten import shorten
from shipedge.formats.labelled import ImageList, Labelled, count
from shipedge.formats.left_out import LeftOut
from shipedge.formats.names import Ids, image_name
from shipedge.formats.shapes import corners, fill
from shipedge.rle import Rle, from_coco

Shape = tuple[int, int]


def read_coco(
    path: Path, data: Any, image_list: ImageList, left_out: LeftOut, notes: list[str], crowds: Literal["keep", "drop"]
) -> Iterator[Labelled]:
    """The images of a COCO file in its order, each with its ships.

    Args:
        path: for messages.
        data: content of the file.
        image_list: say sizes where the file does not.
        left_out: counts objects without a mask, and images without a file.
        notes: gets a sentence for each kind of thing that is not kept.
        crowds: "drop" leaves out objects with ``iscrowd``. In COCO itself they are groups of objects; CVAT marks each
            mask that was drawn with the brush like that.

    Raises:
        DatasetError: not COCO, ids that come twice or lead nowhere, a malformed mask; names the place.
    """
    if not isinstance(data, dict):
        raise DatasetError(
            f"{path} holds {shorten(data)}, expected a COCO object with images and annotations or results"
        )
    images = images_of(path, data)
    ids = Ids(images)
    ships: dict[int | str, list[tuple[str, dict[str, Any]]]] = {one: [] for one in images}
    categories: set[str] = set()
    called = _category_names(data)
    kept = 0
    for where, annotation in objects(str(path), data, "annotations"):
        image = ids.find(image_id(annotation, "image_id", where))
        if image is None:
            raise DatasetError(f"{where}: image_id {shorten(annotation['image_id'])} is no image of the file")
        crowd = annotation.get("iscrowd") in (1, "1")
        if crowd and crowds == "drop":
            left_out.add("marked as crowds")
            continue
        kept += crowd
        if isinstance(category := annotation.get("category_id"), (int, str)):
            categories.add(shorten(called.get(category, category)))
        ships[image].append((where, annotation))
    if len(categories) > 1:
        notes.append(f"{path}: categories are not kept: {', '.join(sorted(categories)[:20])} all become ships")
    if kept:
        notes.append(f"{path}: {count(kept, 'object')} marked as crowds become ships, --crowds drop leaves them out")
    for number, (where, name, shape) in images.items():
        annotations = ships.pop(number)
        known = image_list.find(name)
        if known is None:
            left_out.image(len(annotations))
            continue
        shape = shape or image_list.size(known) or _size_of_masks(annotations)
        if shape is None:
            raise DatasetError(f"{where}: height and width are missing, say --images or --shape")
        yield Labelled(known, shape, left_out.masks(mask_of(one, shape, at) for at, one in annotations))


def image_id(entry: dict[str, Any], key: str, where: str) -> int | str:
    """An id: a number or a text. Raises DatasetError where it is neither."""
    value = entry.get(key)
    if isinstance(value, str):
        return value
    return integer({key: whole(value)}, key, where)  # pandas writes 7.0


def mask_of(annotation: dict[str, Any], shape: Shape, where: str) -> Rle | str:
    """The mask of an annotation, or why it has none. Raises DatasetError where it is malformed."""
    segmentation = annotation.get("segmentation")
    if _is_nothing(segmentation):
        return "without a mask"
    if annotation.get("isbbox") is True:  # COCO Annotator stores a box as the polygon of its corners
        return "drawn as a box"
    if isinstance(segmentation, dict):
        size = segmentation.get("size")
        if not isinstance(size, list) or list(map(whole, size)) != list(shape):
            raise DatasetError(f"{where}: size is {shorten(size)}, expected {list(shape)} as its image has")
        try:
            return from_coco(_counts(segmentation.get("counts")), shape)
        except (RleFormatError, TypeError, ValueError, OverflowError) as error:
            raise DatasetError(f"{where}: {error}") from error
    if isinstance(segmentation, list):
        return fill([corners(polygon, where) for polygon in segmentation], shape, where)
    raise DatasetError(f"{where}: segmentation is {shorten(segmentation)}, expected polygons or counts")


def images_of(path: Path, data: dict[str, Any]) -> dict[int | str, tuple[str, str, Shape | None]]:
    """Place for messages, name and size (None where it is missing) of each image by its id."""
    images: dict[int | str, tuple[str, str, Shape | None]] = {}
    paths: dict[str, str] = {}
    for where, image in objects(str(path), data, "images"):
        name = image_name(image.get("file_name"), f"{where}: file_name")
        number = image_id(image, "id", where) if image.get("id") is not None else name
        if number in images:
            raise DatasetError(f"{where}: id {shorten(number)} comes twice")
        if name in paths:
            raise DatasetError(
                f"{where}: file_name {shorten(image['file_name'])} ends like {shorten(paths[name])} before it"
            )
        paths[name] = image["file_name"]
        shape = None
        sides = {key: whole(image.get(key)) for key in ("height", "width")}
        if all(sides.values()):
            shape = (integer(sides, "height", where), integer(sides, "width", where))
            try:
                Rle([], shape)
            except RleFormatError as error:
                raise DatasetError(f"{where}: {error}") from error
        images[number] = (where, name, shape)
    return images


def _size_of_masks(annotations: list[tuple[str, dict[str, Any]]]) -> Shape | None:
    """The size that the first mask with counts says."""
    for where, annotation in annotations:
        segmentation = annotation.get("segmentation")
        if isinstance(segmentation, dict) and isinstance(segmentation.get("size"), list):
            size = segmentation["size"]
            if len(size) != 2:
                raise DatasetError(f"{where}: size is {shorten(size)}, expected height and width")
            height, width = (integer({"size": whole(side)}, "size", where) for side in size)
            shape = height, width
            try:
                Rle([], shape)
            except RleFormatError as error:
                raise DatasetError(f"{where}: {error}") from error
            return shape
    return None


def _is_nothing(segmentation: Any) -> bool:
    """No mask: missing, NaN (pandas), empty, or a list of empty polygons."""
    if isinstance(segmentation, dict):
        return not segmentation or segmentation.get("counts") in ([], "")
    if isinstance(segmentation, list):
        return all(polygon == [] for polygon in segmentation)
    return segmentation is None or segmentation == "" or (isinstance(segmentation, float) and math.isnan(segmentation))


def _counts(counts: Any) -> Any:
    r"""Counts, also where Python's bytes were written as text: ``b'0\\1'`` for ``0\1``."""
    if isinstance(counts, str) and len(counts) > 2 and counts[:2] in ("b'", 'b"') and counts[-1] == counts[1]:
        return counts[2:-1].replace("\\\\", "\\")
    return counts


def _category_names(data: dict[str, Any]) -> dict[Any, str]:
    """What the file calls its categories, as far as it does so."""
    entries = data.get("categories")
    good = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return {one["id"]: str(one["name"]) for one in good if isinstance(one.get("id"), (int, str)) and one.get("name")}

"""COCO instances: one JSON object with ``images``, ``annotations`` and ``categories``.

Read: polygons, counts and compressed counts. Written: compressed counts, which hold every mask exactly. Ids of images
and annotations are numbers that mean nothing beyond the file; an image goes by its ``file_name``.

Source of the format: https://cocodataset.org/#format-data
"""

import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from shipedge.atomic import write_atomic
from shipedge.errors import DatasetError, RleFormatError
from shipedge.formats.airbus import check_image_id
from shipedge.formats.labelled import Labelled, count, read_bounded
from shipedge.rle import Rle, from_coco, from_polygons, to_coco

_LONGEST = 1 << 30  # bytes of JSON; COCO itself has half of that


def read_coco(path: str | os.PathLike[str], notes: list[str]) -> Iterator[Labelled]:
    """The images of a COCO file in its order, each with its ships; the file is checked before the first one comes.

    Args:
        path: the JSON file.
        notes: gets a sentence for each kind of thing that is not kept: categories, crowd regions, empty polygons.

    Raises:
        DatasetError: not JSON, not COCO, ids that come twice or lead nowhere, a malformed mask; names the place.
    """
    path = Path(path)
    data = _load(path)
    images: dict[int, tuple[str, tuple[int, int]]] = {}
    names: set[str] = set()
    for place, image in _objects(path, data, "images"):
        number = _integer(image, "id", place)
        name = image.get("file_name")
        if not isinstance(name, str) or check_image_id(name) is not None:
            raise DatasetError(f"{place}: file_name {_shown(name)} is not a plain file name")
        if number in images or name in names:
            raise DatasetError(f"{place}: id {number} or file_name {name!r} comes twice")
        shape = (_integer(image, "height", place), _integer(image, "width", place))
        try:
            Rle([], shape)
        except RleFormatError as error:
            raise DatasetError(f"{place}: {error}") from error
        images[number] = (name, shape)
        names.add(name)
    ships: dict[int, list[tuple[str, Any]]] = {number: [] for number in images}
    seen: set[int] = set()
    categories: Counter[int] = Counter()
    crowds = 0
    for place, annotation in _objects(path, data, "annotations"):
        number = _integer(annotation, "id", place)
        if number in seen:
            raise DatasetError(f"{place}: id {number} comes twice")
        seen.add(number)
        image_id = _integer(annotation, "image_id", place)
        if image_id not in images:
            raise DatasetError(f"{place}: image_id {image_id} is no image of the file")
        if annotation.get("iscrowd"):
            crowds += 1
            continue
        categories[_integer(annotation, "category_id", place)] += 1
        ships[image_id].append((place, annotation.get("segmentation")))
    if len(categories) > 1:
        numbers = ", ".join(map(str, sorted(categories)))
        notes.append(f"{path}: categories are not kept: {numbers} all become ships")
    if crowds:
        notes.append(f"{path}: {count(crowds, 'crowd region')} left out, they are no single ship")
    return _labelled(path, images, ships, notes)


def write_coco(path: str | os.PathLike[str], images: Iterable[Labelled], notes: list[str]) -> None:
    """Write a COCO file atomically; nothing of the ships is lost, so ``notes`` stays as it is.

    Raises:
        DatasetError: an image name is no plain file name or comes twice.
    """
    listed: list[str] = []
    annotations: list[str] = []
    names: set[str] = set()
    for number, (name, (height, width), ships) in enumerate(images, 1):
        trouble = check_image_id(name)
        if trouble is not None or name in names:
            raise DatasetError(f"{path}: {trouble or f'image {name!r} comes twice'}")
        names.add(name)
        listed.append(json.dumps({"id": number, "file_name": name, "height": height, "width": width}))
        for ship in ships:
            left, top, right, bottom = ship.bbox
            annotation = {
                "id": len(annotations) + 1,
                "image_id": number,
                "category_id": 1,
                "iscrowd": 0,
                "area": ship.area,
                "bbox": [left, top, right - left, bottom - top],
                "segmentation": {"size": [height, width], "counts": to_coco(ship, compressed=True)},
            }
            annotations.append(json.dumps(annotation))
    parts = ['{"images": [\n', ",\n".join(listed), '\n],\n"annotations": [\n', ",\n".join(annotations)]
    parts.append('\n],\n"categories": [{"id": 1, "name": "ship"}]}\n')
    write_atomic(path, "".join(parts).encode())


def _load(path: Path) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no JSON number")

    try:
        data = json.loads(read_bounded(path, _LONGEST), parse_constant=refuse)
    except RecursionError as error:
        raise DatasetError(f"{path} is nested too deeply, expected a COCO object") from error
    except ValueError as error:  # bad JSON, bad UTF-8, a number of thousands of digits
        raise DatasetError(f"{path} is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise DatasetError(f"{path} holds {_shown(data)}, expected a COCO object with images and annotations")
    return data


def _objects(path: Path, data: dict[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place for messages, object) of each entry of a list."""
    entries = data.get(key)
    if not isinstance(entries, list):
        raise DatasetError(f"{path}: {key} is {_shown(entries)}, expected a list")
    for index, entry in enumerate(entries):
        place = f"{path}: {key}[{index}]"
        if not isinstance(entry, dict):
            raise DatasetError(f"{place} is {_shown(entry)}, expected an object")
        yield place, entry


def _integer(entry: dict[str, Any], key: str, place: str) -> int:
    value = entry.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 63:
        raise DatasetError(f"{place}: {key} is {_shown(value)}, expected an integer")
    return value


def _labelled(
    path: Path,
    images: dict[int, tuple[str, tuple[int, int]]],
    ships: dict[int, list[tuple[str, Any]]],
    notes: list[str],
) -> Iterator[Labelled]:
    empty = 0
    for number, (name, shape) in images.items():
        found = [_mask(segmentation, shape, place) for place, segmentation in ships.pop(number)]
        empty += sum(ship.area == 0 for ship in found)
        yield Labelled(name, shape, [ship for ship in found if ship.area])
    if empty:
        notes.append(f"{path}: {count(empty, 'ship')} without a pixel left out")


def _mask(segmentation: Any, shape: tuple[int, int], place: str) -> Rle:
    try:
        if isinstance(segmentation, dict):
            if segmentation.get("size") != list(shape):
                raise DatasetError(
                    f"{place}: size is {_shown(segmentation.get('size'))}, expected {list(shape)} as its image has"
                )
            return from_coco(segmentation.get("counts"), shape)  # type: ignore[arg-type]  # checked there
        if isinstance(segmentation, list) and segmentation:
            return from_polygons([_points(polygon) for polygon in segmentation], shape, "union")
    except (RleFormatError, TypeError, ValueError, OverflowError) as error:
        raise DatasetError(f"{place}: {error}") from error
    raise DatasetError(f"{place}: segmentation is {_shown(segmentation)}, expected polygons or counts")


def _points(polygon: Any) -> Any:
    """COCO's x1, y1, x2, y2, ... as (n, 2)."""
    if not isinstance(polygon, list) or len(polygon) % 2 or not all(isinstance(v, (int, float)) for v in polygon):
        raise TypeError(f"a polygon is {_shown(polygon)}, expected a list of x1, y1, x2, y2, ...")
    return np.array(polygon, np.float64).reshape(-1, 2)


def _shown(value: Any) -> str:
    """A value for messages, cut to a readable length."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 63:
        return f"a number of {math.ceil(value.bit_length() * math.log10(2))} digits"
    text = "missing" if value is None else repr(value) if not isinstance(value, (dict, list)) else _shown_kind(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _shown_kind(value: Any) -> str:
    if not value:
        return "an empty list" if isinstance(value, list) else "an empty object"
    if isinstance(value, list) and len(value) <= 4 and all(isinstance(v, (int, float, str)) for v in value):
        return repr(value)
    return f"a list of {len(value)}" if isinstance(value, list) else "an object"

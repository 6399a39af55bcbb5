"""COCO results: a bare list of masks with scores, whose images stand in another file.

Source of the format: https://cocodataset.org/#format-results
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shipedge.errors import DatasetError
from shipedge.files.json_file import entries, load
from shipedge.files.shorten import shorten
from shipedge.formats.coco import Shape, image_id, images_of, mask_of
from shipedge.formats.labelled import ImageList, Labelled
from shipedge.formats.left_out import LeftOut
from shipedge.formats.names import Ids


def is_results(data: Any) -> bool:
    """A list, of which the first entry names an image."""
    return isinstance(data, list) and bool(data) and isinstance(data[0], dict) and "image_id" in data[0]


def read_results(
    path: Path, data: list[Any], image_list: ImageList, left_out: LeftOut, notes: list[str]
) -> Iterator[Labelled]:
    """The images that are known, each with its ships from a list of results, as programs that predict write it.

    Args:
        path: for messages.
        data: objects with ``image_id`` and ``segmentation``.
        image_list: those of a COCO file, by id, or those of a folder: an id is then a name with or without suffix, or a
            number that is all of the name, with any zeros before it (COCO has 000000000139.jpg for 139).
        left_out: counts results without a mask.
        notes: gets a sentence for what is not kept.

    Raises:
        DatasetError: no images are known, an id leads to none of them, a malformed mask; names the place.
    """
    if not image_list.known:
        raise DatasetError(f"{path} holds a list of results, which names no images: say --images DIR or COCO file")
    by_id: dict[int | str, str] = {one: name for one, (name, _) in image_list.listed.items()}
    if not by_id:
        numbers = Counter(int(label) for label in image_list.by_label() if re.fullmatch("[0-9]{1,18}", label))
        for label, name in image_list.by_label().items():
            by_id[name] = by_id[label] = name
            if re.fullmatch("[0-9]{1,18}", label) and numbers[int(label)] == 1:
                by_id[int(label)] = name
    ids = Ids(by_id)
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {name: [] for name in image_list.names()}
    for where, result in entries(str(path), data):
        one = ids.find(image_id(result, "image_id", where))
        if one is None:
            raise DatasetError(f"{where}: image_id {shorten(result['image_id'])} is no id of an image that is known")
        found[by_id[one]].append((where, result))
    if any("score" in result for results in found.values() for _, result in results):
        notes.append(f"{path}: scores are not kept: results of any score become ships")
    for name in list(found):
        shape = image_list.shape(name)
        yield Labelled(name, shape, left_out.masks(mask_of(one, shape, where) for where, one in found.pop(name)))


def listed_images(path: Path) -> dict[int | str, tuple[str, Shape]]:
    """Name and size of each image by its id, as a COCO file has them. Raises DatasetError where it does not."""
    data = load(path)
    if not isinstance(data, dict) or not data.get("images"):
        raise DatasetError(f"{path} is no COCO file with images")
    found = {}
    for one, (where, name, shape) in images_of(path, data).items():
        if shape is None:
            raise DatasetError(f"{where}: height and width are missing, expected integers")
        found[one] = (name, shape)
    return found

"""Which format a file or folder has: by its suffix and by what is in it."""

import os
from pathlib import Path
from typing import Any

from shipedge.errors import DatasetError
from shipedge.files.json_file import load
from shipedge.formats.label_folder import below


def recognize(path: Path, *, exists: bool) -> str:
    """The format of ``path``.

    Args:
        path: file or folder.
        exists: it is to be read; otherwise it is to be written.

    Raises:
        DatasetError: it could be several or none.
    """
    name = path.name.lower()
    if name.endswith((".csv", ".csv.gz", ".csv.xz")):
        return "airbus"
    if name.endswith(".json"):
        return of_json(path) if exists and path.is_file() else "coco"
    if name.endswith(".xml") and exists:
        return "cvat"
    if not exists:
        raise DatasetError(f"{path} could be any folder, say which with --to labels, png or yolo")
    if path.is_dir():
        return _of_folder(path)
    if not path.exists():
        raise DatasetError(f"{path} does not exist")
    raise DatasetError(f"{path} has no known suffix (.csv, .json, .xml), say its format with --from")


def _of_folder(folder: Path) -> str:
    names = sorted(name for name in os.listdir(folder) if name[0] != ".")  # noqa: PTH208
    suffixes = {os.path.splitext(name)[1].lower() for name in names}  # noqa: PTH122
    for name in names if ".txt" not in suffixes else ():
        if name.lower().endswith((".json", ".xml")):
            kind = "cvat" if name.lower().endswith(".xml") else kind_of(load(folder / name))
            if kind in ("labelme", "supervisely"):  # one file per image, maybe beside the images
                return kind
            if kind is not None:
                raise DatasetError(f"{folder} is a folder, say which file of labels in it: {folder / name}")
    if (".png" in suffixes) != (".txt" in suffixes):
        return "png" if ".png" in suffixes else "yolo"
    if ".png" in suffixes:
        raise DatasetError(
            f"{folder} has masks (.png) and YOLO labels (.txt), say which with --from png, labels or yolo"
        )
    advice = below(folder, ".png", ".txt", ".json", ".xml")
    raise DatasetError(f"{folder} has neither masks (.png) nor YOLO labels (.txt){advice}")


def of_json(path: Path) -> str:
    """The format of a JSON file, by its keys; of an unknown one COCO, whose complaint says what is missing."""
    return kind_of(load(path)) or "coco"


def kind_of(data: Any) -> str | None:
    """The format of the content of a JSON file, by its keys; None where it has those of no format."""
    if isinstance(data, list):
        keys = set(data[0]) if data and isinstance(data[0], dict) else set()
        return "labelstudio" if "data" in keys else "coco" if "image_id" in keys else None
    if not isinstance(data, dict):
        return None
    if "images" in data and "annotations" in data:
        return "coco"
    if isinstance(data.get("shapes"), list):
        return "labelme"
    if "objects" in data and isinstance(data.get("size"), dict):
        return "supervisely"
    first = next(iter(data.values()), None)
    if "_via_img_metadata" in data or (isinstance(first, dict) and {"filename", "regions"} <= set(first)):
        return "via"
    return None

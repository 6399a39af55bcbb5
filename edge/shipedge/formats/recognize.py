"""Which format a file or folder has: by its suffix and by what is in it."""

import os
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.formats.labelled import below


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
        return "coco"
    if not exists:
        raise DatasetError(f"{path} could be any folder, say which with --to labels, png or yolo")
    if path.is_dir():
        return _of_folder(path)
    if not path.exists():
        raise DatasetError(f"{path} does not exist")
    raise DatasetError(f"{path} has no known suffix (.csv, .json), say its format with --from")


def _of_folder(folder: Path) -> str:
    names = [name for name in os.listdir(folder) if name[0] != "."]  # noqa: PTH208
    suffixes = {os.path.splitext(name)[1].lower() for name in names}  # noqa: PTH122
    if (".png" in suffixes) != (".txt" in suffixes):
        return "png" if ".png" in suffixes else "yolo"
    if ".png" in suffixes:
        raise DatasetError(
            f"{folder} has masks (.png) and YOLO labels (.txt), say which with --from png, labels or yolo"
        )
    raise DatasetError(f"{folder} has neither masks (.png) nor YOLO labels (.txt){below(folder, '.png', '.txt')}")

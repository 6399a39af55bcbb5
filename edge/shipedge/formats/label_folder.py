"""Folders of label files, one for each image: which file belongs to which image, and what is none."""

import os
import re
import unicodedata
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.files.inputs import open_input
from shipedge.formats.labelled import ImageList, stem
from shipedge.formats.left_out import LeftOut

_LISTS = r"(classes|predefined_classes|labels|names|train|valid?|test|autosplit_.*|readme.*)\.txt"


def label_files(
    folder: Path, suffix: str, image_list: ImageList, left_out: LeftOut, notes: list[str]
) -> dict[str, Path | None]:
    """The label file of each image, by name; None for an image that has none.

    Args:
        folder: of label files.
        suffix: of the files, in any case: ``.txt``.
        image_list: those that exist; where they are not known, every label file has one, of its name and ``.jpg``.
        left_out: counts the files whose image is not there.
        notes: gets a sentence for folders in it.

    Raises:
        DatasetError: the folder has no such file, none that belongs to an image, or two that belong to the same.
    """
    files, folders = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name[0] != ".":  # ._a.txt of macOS, .cache
                if entry.is_dir():
                    folders.append(entry.name)
                elif entry.name.lower().endswith(suffix) and not _not_labels(folder / entry.name):
                    files.append(entry.name)
    if not files:
        raise DatasetError(f"{folder} has no label files ({suffix}){below(folder, suffix)}")
    by_label = image_list.by_label()
    found: dict[str, Path | None] = dict.fromkeys(by_label.values())
    strays: list[str] = []
    for name in sorted(files):
        label = stem(name)
        image = by_label.get(unicodedata.normalize("NFC", label)) if image_list.known else f"{label}.jpg"
        if image is None:
            strays.append(name)
        elif found.get(image) is not None:
            raise DatasetError(f"{folder / name} and {found[image]} are labels of the same image {image!r}")
        else:
            found[image] = folder / name
    if len(strays) == len(files):
        raise DatasetError(
            f"{folder}: none of the {len(files)} label files has an image of its name in {image_list.where}"
        )
    left_out.files(f"{image_list.where} has no file of that name", strays)
    if folders:
        notes.append(f"{folder}: folders in it are not read: {', '.join(sorted(folders)[:5])}")
    return found


def _not_labels(path: Path) -> bool:
    """A list of classes or images, which tools put beside the labels; an image may be called train.jpg, though."""
    if not re.fullmatch(_LISTS, path.name, re.IGNORECASE):
        return False
    with open_input(path, pipes=False) as file:
        first = file.read(4096).removeprefix(b"\xef\xbb\xbf").strip().partition(b"\n")[0].split()
    return len(first) < 5 or not all(re.fullmatch(rb"[-+.0-9eE]+", field) for field in first)


def below(folder: Path, *suffixes: str) -> str:
    """Advice for who gave the folder above: which of the folders below have the labels."""
    files = (path for pattern in ("*/*", "*/*/*") for path in folder.glob(pattern))
    found = sorted({str(path.parent) for path in files if path.suffix.lower() in suffixes})
    return f", but folders below it have them: give {' or '.join(found[:5])}" if found else ""

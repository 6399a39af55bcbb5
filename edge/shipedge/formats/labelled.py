"""What every format is read into and written from: an image's name, its size and its ships."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

from shipedge.errors import DatasetError
from shipedge.formats.airbus import check_image_id
from shipedge.formats.picture import SUFFIXES, picture_size
from shipedge.rle import Rle


class Labelled(NamedTuple):
    """One image and its ships, all of its shape (height, width); no ships is a label too."""

    image: str
    shape: tuple[int, int]
    ships: list[Rle]


class Pictures:
    """The pictures that labels belong to: they say names and sizes where a format holds none.

    Without a folder every picture has one size, and its name is taken to end in ``.jpg`` where a format drops that.
    """

    def __init__(self, folder: Path | None = None, shape: tuple[int, int] = (768, 768)) -> None:
        """Lists the folder.

        Args:
            folder: of JPEG and PNG pictures, or None.
            shape: (height, width) of all pictures where there is no folder.

        Raises:
            DatasetError: no such folder.
        """
        self.folder = folder
        self._shape = shape
        self._names: set[str] = set()
        if folder is None:
            return
        if not folder.is_dir():
            raise DatasetError(f"{folder} is not a folder of pictures")
        with os.scandir(folder) as entries:
            names = (entry.name for entry in entries if os.path.splitext(entry.name)[1].lower() in SUFFIXES)  # noqa: PTH122
            self._names = {name for name in names if check_image_id(name) is None}

    def by_label(self) -> dict[str, str]:
        """Names of the pictures in the folder by what their labels are called: the name without suffix.

        Raises:
            DatasetError: two pictures differ in their suffix only.
        """
        found: dict[str, str] = {}
        for name in sorted(self._names):
            other = found.setdefault(stem(name), name)
            if other != name:
                raise DatasetError(f"{self.folder}: {other} and {name} would share their labels")
        return found

    def __contains__(self, image: str) -> bool:
        return self.folder is None or image in self._names

    def shape(self, image: str) -> tuple[int, int]:
        """(height, width) of a picture. Raises SourceError where its file is unreadable."""
        return self._shape if self.folder is None else picture_size(self.folder / image)


class Stems:
    """Guards a folder of labels, where ``a.jpg`` and ``a.png`` would have one file."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def claim(self, image: str) -> str:
        """The name without suffix. Raises DatasetError where it is no plain name or an earlier image has it."""
        trouble = check_image_id(image)
        if trouble is not None:
            raise DatasetError(trouble)
        label = stem(image)
        key = label.casefold()  # some file systems do not tell A from a
        if key in self._owners:
            raise DatasetError(f"images {self._owners[key]!r} and {image!r} would share the labels {label!r}")
        self._owners[key] = image
        return label


def stem(image: str) -> str:
    """``a.jpg`` -> ``a``; ``.a`` and ``a`` stay."""
    return image.rpartition(".")[0] or image


def label_files(
    folder: Path, suffix: str, pictures: Pictures, notes: list[str], *, leave_out: str = ""
) -> dict[str, Path | None]:
    """The label file of each image, by name; None for a picture that has none.

    Args:
        folder: of label files.
        suffix: of the files, ``.txt``.
        pictures: those that exist; without a folder, every label file has one, of its name and ``.jpg``.
        notes: gets a sentence where labels are left out because their picture is not there.
        leave_out: a file that is no label.
    """
    files = sorted(name for name in os.listdir(folder) if name.endswith(suffix) and name != leave_out)  # noqa: PTH208
    if pictures.folder is None:
        return {f"{stem(name)}.jpg": folder / name for name in files}
    by_label = pictures.by_label()
    found: dict[str, Path | None] = dict.fromkeys(by_label.values())
    strays = 0
    for name in files:
        image = by_label.get(stem(name))
        if image is None:
            strays += 1
        else:
            found[image] = folder / name
    if strays:
        notes.append(f"{folder}: {count(strays, 'file')} left out, {pictures.folder} has no picture of that name")
    return found


def read_bounded(path: Path, most: int) -> bytes:
    """The bytes of a file of at most ``most``.

    Raises:
        DatasetError: unreadable or larger.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            # A buffer of the file's size where it has one: that of `most` bytes costs more than a small file.
            data = file.read(min(status.st_size, most) + 1 if stat.S_ISREG(status.st_mode) else most + 1)
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > most:
        raise DatasetError(f"{path} is over {most >> 20} MiB long, expected less")
    return data


def count(number: int, what: str) -> str:
    """``1 ship``, ``2 ships``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

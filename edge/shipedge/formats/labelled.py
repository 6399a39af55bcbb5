"""What every format is read into and written from: an image's name, its size and its ships."""

import os
from collections.abc import Iterator
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
            DatasetError: no such folder, or two pictures differ in their suffix only.
        """
        self.folder = folder
        self._shape = shape
        self._names: dict[str, str] = {}
        if folder is None:
            return
        if not folder.is_dir():
            raise DatasetError(f"{folder} is not a folder of pictures")
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - names alone
            if Path(name).suffix.lower() not in SUFFIXES or check_image_id(name) is not None:
                continue
            other = self._names.setdefault(stem(name), name)
            if other != name:
                raise DatasetError(f"{folder}: {other} and {name} would share their labels")

    def named(self, label: str) -> str | None:
        """Name of the picture whose labels are called ``label`` (a name without suffix); None where there is none."""
        return f"{label}.jpg" if self.folder is None else self._names.get(label)

    def __contains__(self, image: str) -> bool:
        return self.folder is None or self._names.get(stem(image)) == image

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.values())

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


def read_bounded(path: Path, most: int) -> bytes:
    """The bytes of a file of at most ``most``.

    Raises:
        DatasetError: unreadable or larger.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > most:
        raise DatasetError(f"{path} is over {most >> 20} MiB long, expected less")
    return data


def count(number: int, what: str) -> str:
    """``1 ship``, ``2 ships``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

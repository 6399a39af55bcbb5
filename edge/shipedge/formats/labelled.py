"""What every format is read into and written from: an image's name, its size and its ships."""

import os
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

from shipedge.airbus import check_image_id
from shipedge.errors import DatasetError
from shipedge.formats.names import loose
from shipedge.images import image_size
from shipedge.images.header import SUFFIXES
from shipedge.rle import Rle


class Labelled(NamedTuple):
    """One image and its ships, all of its shape (height, width); no ships is a label too."""

    image: str
    shape: tuple[int, int]
    ships: list[Rle]


class ImageList:
    """The images that labels belong to: they say names and sizes where a format holds none.

    Where no images are known, every image has one size, and its name is taken to end in ``.jpg`` where a format
    drops that.
    """

    def __init__(
        self,
        folder: Path | None = None,
        shape: tuple[int, int] | None = None,
        listed: dict[int | str, tuple[str, tuple[int, int]]] | None = None,
    ) -> None:
        """Lists the folder.

        Args:
            folder: of images, or None.
            shape: (height, width) of all images where neither folder nor list says it; None for 768 x 768.
            listed: name and size of each image by its id in a COCO file, instead of a folder.

        Raises:
            DatasetError: no such folder.
        """
        self.folder = folder
        self.listed = listed or {}
        self._shape = shape
        self._shapes = dict(self.listed.values())
        self._names: set[str] = set(self._shapes)
        if folder is not None:
            if not folder.is_dir():
                raise DatasetError(f"{folder} is not a folder of images")
            with os.scandir(folder) as entries:
                names = (entry.name for entry in entries if os.path.splitext(entry.name)[1].lower() in SUFFIXES)  # noqa: PTH122
                # macOS keeps what other file systems cannot hold of a.jpg in ._a.jpg.
                self._names = {name for name in names if check_image_id(name) is None and name[0] != "."}
        self._loose: dict[str, list[str]] = {}
        self._stems: dict[str, list[str]] = {}
        for name in self._names:
            self._loose.setdefault(loose(name), []).append(name)
            self._stems.setdefault(loose(stem(name)), []).append(name)

    @property
    def known(self) -> bool:
        """The images are those of a folder or a list; otherwise any name is one."""
        return self.folder is not None or bool(self.listed)

    @property
    def where(self) -> str:
        """For sentences: the folder, or that it is a list."""
        return str(self.folder or "the list of images")

    def names(self) -> list[str]:
        """Names of the images that are known, sorted."""
        return sorted(self._names)

    def by_label(self) -> dict[str, str]:
        """Names of the images that are known by what their labels are called: the name without suffix, as NFC.

        Raises:
            DatasetError: two images differ in their suffix only.
        """
        found: dict[str, str] = {}
        for name in self.names():
            other = found.setdefault(unicodedata.normalize("NFC", stem(name)), name)
            if other != name:
                raise DatasetError(f"{self.where}: {other} and {name} would share their labels")
        return found

    def find(self, name: str) -> str | None:
        """The image that a label file calls ``name``, or None.

        Case of the suffix and Unicode form may differ, and the eight digits that Label Studio puts before the names of
        uploads may be missing, where one image alone fits.
        """
        if not self.known or name in self._names:
            return name
        before_upload = re.sub(r"^[0-9a-f]{8}-(?=.)", "", name)
        fitting = self._loose.get(loose(name)) or self._loose.get(loose(before_upload)) or []
        if not fitting and os.path.splitext(name)[1].lower() not in SUFFIXES:  # noqa: PTH122
            fitting = self._stems.get(loose(name), [])  # CVAT calls the frames of a video frame_000000
        return fitting[0] if len(fitting) == 1 else None

    def shape(self, image: str) -> tuple[int, int]:
        """(height, width) of an image. Raises SourceError where its file is unreadable."""
        return self.size(image) or (768, 768)

    def size(self, image: str) -> tuple[int, int] | None:
        """(height, width) of an image, None where nobody said it. Raises SourceError where its file is unreadable."""
        if self.folder is None:
            return self._shapes.get(image, self._shape)
        return image_size(self.folder / image)


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


def count(number: int, what: str) -> str:
    """``1 ship``, ``2 ships``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"

"""A dataset in the zip that it was downloaded as: unpacked once, beside it."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from shipedge.airbus import check_image_id
from shipedge.errors import DatasetError
from shipedge.files.atomic import write_atomic
from shipedge_train.dataset.layout import NAMES

__all__ = ["Archive", "read_archive", "unpack"]

_LARGEST = 512 << 20  # bytes of a member


class Archive(NamedTuple):
    """A dataset in a zip file.

    Attributes:
        path: of the zip file.
        folder: what it is unpacked into.
        members: name in the zip and path below `folder`, of the images and the CSV of ships alone.
    """

    path: Path
    folder: Path
    members: dict[str, Path]

    def missing(self) -> list[str]:
        """Members that are not unpacked yet, or not with their size."""
        with zipfile.ZipFile(self.path) as file:
            return [name for name, target in self.members.items() if not _has(target, file.getinfo(name).file_size)]


def read_archive(path: Path) -> Archive:
    """What a zip file holds.

    Raises:
        DatasetError: it is no zip file, or holds no dataset.
    """
    try:
        with zipfile.ZipFile(path) as file:
            names = file.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} is no whole zip file: {error}") from None
    folder = path.with_suffix("")
    for images, ships in NAMES:
        members: dict[str, Path] = {}
        for name in names:
            parent, _, last = name.rpartition("/")
            if name == ships:
                members[name] = folder / ships
            elif parent == images and last and check_image_id(last) is None:
                members[name] = folder / images / last
        if ships in members and len(members) > 1:
            return Archive(path, folder, members)
    expected = " or ".join(f"{images}/ and {ships}" for images, ships in NAMES)
    raise DatasetError(f"{path} holds no dataset: expected {expected}")


def unpack(archive: Archive, missing: list[str], progress: Callable[[int], object] = lambda _count: None) -> None:
    """Unpack members; an interrupted run goes on where it was.

    Args:
        archive: the zip file.
        missing: the members to unpack.
        progress: called with the number of members done since the last call.

    Raises:
        DatasetError: a member is damaged, or the disk has no room for all of them.
        OSError: it cannot be written.
    """
    with zipfile.ZipFile(archive.path) as file:
        sizes = {name: file.getinfo(name).file_size for name in missing}
        if sizes and (largest := max(sizes, key=lambda name: sizes[name])) and sizes[largest] > _LARGEST:
            raise DatasetError(f"{archive.path}: {largest} has {sizes[largest]} bytes, expected at most {_LARGEST}")
        archive.folder.mkdir(exist_ok=True)
        free = shutil.disk_usage(archive.folder).free
        if sum(sizes.values()) > free:
            need = sum(sizes.values()) / 2**30
            raise DatasetError(f"{archive.folder}: unpacking needs {need:.1f} GiB, and {free / 2**30:.1f} are free")
        # The CSV last: a folder without it is no dataset, so that one which is half unpacked is not taken for a whole.
        for name in sorted(missing, key=lambda name: "/" not in name):
            target = archive.members[name]
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                data = file.read(name)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
                raise DatasetError(f"{archive.path}: {name} cannot be unpacked: {error}") from None
            write_atomic(target, data)
            progress(1)


def _has(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False

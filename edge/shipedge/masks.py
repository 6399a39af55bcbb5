"""Mask images from the ships of an Airbus CSV: one PNG per image, in a folder that can be resumed."""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shipedge._core import write_masks
from shipedge.errors import DatasetError, SourceError
from shipedge.files.atomic import write_atomic
from shipedge.files.inputs import open_input, read_most
from shipedge.files.json_text import loads
from shipedge.images import image_size
from shipedge.rle import CsvIndex, Overlap

SETTINGS = ".shipedge-masks.json"
_RUNNING = ".shipedge-masks.running"  # there while files are written; left behind by a run that was killed
_END = b"\0\0\0\0IEND\xaeB`\x82"  # what a whole PNG file ends with
_MOST_SETTINGS = 1 << 16  # bytes
_CHUNK = 1024  # images per call: enough to forget the cost of a call, few enough to stop at once after Ctrl-C


@dataclass(slots=True)
class MaskReport:
    """What a run did: files written, ships in them, files that were there already, and one sentence per bad image."""

    written: int = 0
    ships: int = 0
    skipped: int = 0
    complaints: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MaskBuilder:
    """How the ships of images become files.

    Attributes:
        csv: the CSV of the index, for messages and to know it again.
        out: folder of the masks.
        shape: (height, width) of every image; used where ``image_folder`` is None.
        image_folder: folder whose images give the size of each mask.
        instances: labels 1..n instead of 0 and 255.
        overlap: whose a pixel of several ships is among labels, as for `shipedge.rle.to_labels`.
    """

    csv: Path
    out: Path
    shape: tuple[int, int] = (768, 768)
    image_folder: Path | None = None
    instances: bool = False
    overlap: Overlap = "error"

    def build(self, index: CsvIndex, images: Sequence[str], names: Sequence[str], threads: int) -> MaskReport:
        """Write the masks of these images into files of these names.

        Raises:
            OSError: a file cannot be written.
        """
        report = MaskReport()
        shapes: tuple[int, int] | list[tuple[int, int]] = self.shape
        if self.image_folder is not None:
            found = dict(self._sizes(self.image_folder, images, report))
            names = [name for image, name in zip(images, names, strict=True) if image in found]
            images, shapes = list(found), list(found.values())
        report.written, report.ships, refused = write_masks(
            index, images, names, os.fsencode(self.out), shapes, self.overlap if self.instances else None, threads
        )
        for position, line, why in refused:
            where = f"{self.csv}: line {line}: " if line else ""
            report.complaints.append(f"{where}image {images[position]!r}: {why}")
        return report

    @staticmethod
    def _sizes(folder: Path, images: Iterable[str], report: MaskReport) -> Iterator[tuple[str, tuple[int, int]]]:
        for image in images:
            try:
                yield image, image_size(folder / image)
            except SourceError as error:
                report.complaints.append(str(error))


def mask_name(image: str) -> str:
    """File name of an image's mask: ``a.jpg`` -> ``a.png``."""
    return f"{image.rpartition('.')[0] or image}.png"


def build_masks(
    builder: MaskBuilder,
    index: CsvIndex,
    images: Sequence[str] | None = None,
    *,
    threads: int = 2,
    progress: Callable[[int], object] = lambda _count: None,
) -> MaskReport:
    """Write the masks of all images that have none yet, on several threads.

    A bad image becomes a complaint and the others go on. Ctrl-C stops after the files in hand, all of them whole. Only
    a process that is killed can leave a part of a file behind; the next run finds and replaces it.

    Args:
        builder: how to make the files.
        index: the ships.
        images: those to be written, in this order; None: all.
        threads: how many work at a time.
        progress: called with the number of images done since the last call.

    Raises:
        DatasetError: ``builder.out`` holds masks made of another CSV or with other settings.
        OSError: a file cannot be written (the disk is full, say): going on would only repeat it.
    """
    report = MaskReport()
    builder.out.mkdir(parents=True, exist_ok=True)
    there = set(os.listdir(builder.out))  # noqa: PTH208 - names alone: half a million Path objects cost seconds
    _claim(builder, index, there)
    running = builder.out / _RUNNING
    if _RUNNING in there:
        there = {name for name in there if _is_whole(builder.out / name)}
    todo = _without_clashes(list(index) if images is None else images, report)
    missing = [(image, name) for name, image in todo.items() if name not in there]
    report.skipped = len(todo) - len(missing)
    progress(report.skipped)
    with contextlib.suppress(FileExistsError):  # left by a run that was killed
        running.touch(exist_ok=False)  # O_EXCL: a link is not followed
    try:
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            part = builder.build(index, [image for image, _ in chunk], [name for _, name in chunk], threads)
            report.written += part.written
            report.ships += part.ships
            report.complaints += part.complaints
            progress(len(chunk))
    finally:
        running.unlink()
    return report


def _is_whole(path: Path) -> bool:
    if path.suffix != ".png":
        return True
    try:
        with open_input(path, pipes=False) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - len(_END)))
            return file.read() == _END
    except OSError:  # a link to nowhere, say
        return False


def _claim(builder: MaskBuilder, index: CsvIndex, there: set[str]) -> None:
    """Note in the folder what its masks are made of; refuse a folder whose masks are made of something else.

    Resuming trusts that a file that exists is finished and right; without the note, masks of two CSVs would mix unseen.
    """
    wanted = {
        "format": 1,
        "csv_sha256": _digest(builder.csv, index),
        "instances": builder.overlap if builder.instances else False,
        "shape": list(builder.shape) if builder.image_folder is None else "of each image",
    }
    note = builder.out / SETTINGS
    try:
        with open_input(note, pipes=False) as file:
            found = loads(read_most(file, _MOST_SETTINGS))
    except FileNotFoundError:
        if any(name.endswith(".png") for name in there):
            raise DatasetError(
                f"{builder.out} holds PNG files of other origin, expected an empty or new folder"
            ) from None
        write_atomic(note, json.dumps(wanted).encode())
        return
    except ValueError:
        found = None
    if found != wanted:
        differs = [key for key in wanted if not isinstance(found, dict) or found.get(key) != wanted[key]]
        raise DatasetError(f"{builder.out} holds masks made with other {', '.join(differs)}; expected a new folder")


def _digest(csv: Path, index: CsvIndex) -> str:
    """SHA-256 of the file; of a pipe, which has been read, that of what was in it."""
    digest = hashlib.sha256()
    if csv.is_file():
        with open_input(csv) as file:
            while part := file.read(1 << 20):
                digest.update(part)
    else:
        for row in index.items():
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _without_clashes(images: Sequence[str], report: MaskReport) -> dict[str, str]:
    """Mask name -> image, in order, less those whose mask would overwrite an earlier one's (``a.jpg``, ``a.png``)."""
    owners: dict[str, str] = {}
    for image in images:
        name = mask_name(image)
        owner = owners.setdefault(name, image)
        if owner is not image:
            report.complaints.append(f"image {image!r}: its mask {name} is already that of {owner!r}")
    return owners


def images_in(folder: Path, images: Iterable[str]) -> Iterator[str]:
    """Those of ``images`` that exist in ``folder``, in order."""
    with os.scandir(folder) as entries:
        there = {entry.name for entry in entries if entry.is_file()}
    return (image for image in images if image in there)

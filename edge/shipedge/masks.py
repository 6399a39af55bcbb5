"""Mask images from the ships of an Airbus CSV: one PNG per image, in a folder that can be resumed."""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from shipedge._core import write_masks
from shipedge.airbus import open_csv
from shipedge.engines.engine import Start
from shipedge.engines.share import share
from shipedge.engines.tries import Share
from shipedge.errors import DatasetError, SourceError
from shipedge.events.log import lock_folder
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
_SHARE = 256  # images that a worker gets at a time


@dataclass(slots=True)
class MaskReport:
    """What a run did: files written, ships in them, files that were there already, and one sentence per bad image."""

    written: int = 0
    ships: int = 0
    skipped: int = 0
    complaints: list[str] = field(default_factory=list)

    def add(self, other: "MaskReport") -> None:
        """Counts what another one counts."""
        self.written += other.written
        self.ships += other.ships
        self.complaints += other.complaints


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
        complaints: dict[str, str] = {}
        shapes: tuple[int, int] | list[tuple[int, int]] = self.shape
        given = images
        if self.image_folder is not None:
            found = dict(self._sizes(self.image_folder, images, complaints))
            names = [name for image, name in zip(images, names, strict=True) if image in found]
            images, shapes = list(found), list(found.values())
        report.written, report.ships, refused = write_masks(
            index, images, names, os.fsencode(self.out), shapes, self.overlap if self.instances else None, threads
        )
        for position, line, why in refused:
            where = f"{self.csv}: line {line}: " if line else ""
            complaints[images[position]] = f"{where}image {images[position]!r}: {why}"
        report.complaints += [complaints[image] for image in given if image in complaints]
        return report

    @staticmethod
    def _sizes(
        folder: Path, images: Iterable[str], complaints: dict[str, str]
    ) -> Iterator[tuple[str, tuple[int, int]]]:
        for image in images:
            try:
                yield image, image_size(folder / image)
            except SourceError as error:
                complaints[image] = str(error)


class MaskJob(NamedTuple):
    """What a worker is told.

    Attributes:
        builder: how to make the files.
        csv_sha256: of the CSV, which each worker reads.
        threads: of each worker.
        timeout_s: none.
    """

    builder: MaskBuilder
    csv_sha256: str
    threads: int
    timeout_s: float = 0.0

    def open(self) -> Callable[[Share[tuple[str, str]]], MaskReport]:
        """The function of images and the names of their masks.

        Raises:
            DatasetError: the CSV is another one by now.
        """
        index = open_csv(self.builder.csv, complaints=[])
        if _digest(self.builder.csv, index) != self.csv_sha256:
            raise DatasetError(f"{self.builder.csv} has changed, or is another file for the workers; expected the same")

        def build(piece: Share[tuple[str, str]]) -> MaskReport:
            images, names = zip(*piece.items, strict=True)
            return self.builder.build(index, images, names, self.threads)

        return build


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
    start: Start | None = None,
) -> MaskReport:
    """Write the masks of all images that have none yet, on several threads or by several workers.

    A bad image becomes a complaint and the others go on. Ctrl-C stops after the files in hand, all of them whole. Only
    a process that is killed can leave a part of a file behind; the next run finds and replaces it.

    Args:
        builder: how to make the files.
        index: the ships.
        images: those to be written, in this order; None: all.
        threads: how many work at a time; of each worker, where there are any.
        progress: called with the number of images done since the last call.
        start: starts workers; None: this process does the work.

    Raises:
        DatasetError: ``builder.out`` holds masks made of another CSV or with other settings, another run writes
            there now, or workers cannot read the CSV.
        OSError: a file cannot be written (the disk is full, say): going on would only repeat it.
    """
    if start is not None and not builder.csv.is_file():
        raise DatasetError(f"{builder.csv} is no file, expected one that every worker can read")
    report = MaskReport()
    builder.out.mkdir(parents=True, exist_ok=True)
    with lock_folder(builder.out):
        there = set(os.listdir(builder.out))  # noqa: PTH208 - names alone: half a million Path objects cost seconds
        csv_sha256 = _claim(builder, index, there)
        running = builder.out / _RUNNING
        if _RUNNING in there:
            there = {name for name in there if _is_whole(builder.out / name)}
        todo = _without_clashes(list(index) if images is None else images, report)
        missing = [(image, name) for name, image in todo.items() if name not in there]
        report.skipped = len(todo) - len(missing)
        progress(report.skipped)
        with contextlib.suppress(FileExistsError):  # left by a run that was killed
            running.touch(exist_ok=False)  # O_EXCL: a link is not followed
        if start is not None:
            _share_out(MaskJob(builder, csv_sha256, threads), missing, start, progress, report)
            running.unlink()  # here alone: of workers that were ended parts of files may be left
            return report
        try:
            for begin in range(0, len(missing), _CHUNK):
                chunk = missing[begin : begin + _CHUNK]
                report.add(builder.build(index, [image for image, _ in chunk], [name for _, name in chunk], threads))
                progress(len(chunk))
        finally:
            running.unlink()
        return report


def _share_out(
    job: MaskJob,
    missing: Sequence[tuple[str, str]],
    start: Start,
    progress: Callable[[int], object],
    report: MaskReport,
) -> None:
    """Have workers write masks, given as (image, name of its mask)."""

    def failed(item: tuple[str, str], why: str) -> MaskReport:
        image, name = item
        (job.builder.out / name).unlink(missing_ok=True)  # a part of it, perhaps
        return MaskReport(complaints=[f"image {image!r}: {why}"])

    engine = start(job)
    try:
        with closing(share(missing, _SHARE, engine, failed)) as answers:
            for count, reports in answers:
                for one in reports:
                    report.add(one)
                progress(count)
    finally:
        engine.close()


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


def _claim(builder: MaskBuilder, index: CsvIndex, there: set[str]) -> str:
    """Note in the folder what its masks are made of; refuse a folder whose masks are made of something else.

    Resuming trusts that a file that exists is finished and right; without the note, masks of two CSVs would mix unseen.

    Returns:
        The SHA-256 of the CSV.
    """
    csv_sha256 = _digest(builder.csv, index)
    wanted = {
        "format": 1,
        "csv_sha256": csv_sha256,
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
        return csv_sha256
    except ValueError:
        found = None
    if found != wanted:
        differs = [key for key in wanted if not isinstance(found, dict) or found.get(key) != wanted[key]]
        raise DatasetError(f"{builder.out} holds masks made with other {', '.join(differs)}; expected a new folder")
    return csv_sha256


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

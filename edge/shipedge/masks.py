"""Mask pictures from the ships of an Airbus CSV: one PNG per image, in a folder that can be resumed."""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shipedge.atomic import write_atomic
from shipedge.errors import DatasetError, RleFormatError, ShipedgeError
from shipedge.formats.airbus import open_csv
from shipedge.formats.picture import picture_size
from shipedge.formats.png import encode_labels, encode_mask
from shipedge.rle import Rle, parse, union

SETTINGS = ".shipedge-masks.json"
_CHUNK = 64  # images per task: enough to forget the cost of a task, few enough to stop soon after Ctrl-C


@dataclass(slots=True)
class MaskReport:
    """What a run did: files written, ships in them, files that were there already, and one sentence per bad image."""

    written: int = 0
    ships: int = 0
    skipped: int = 0
    complaints: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MaskBuilder:
    """How to turn the ships of one image into a file.

    Attributes:
        csv: the CSV the ships came from, for messages.
        out: folder of the masks.
        shape: (height, width) of every image; used where ``pictures`` is None.
        pictures: folder whose pictures give the size of each mask.
        instances: labels 1..n instead of 0 and 255.
    """

    csv: Path
    out: Path
    shape: tuple[int, int] = (768, 768)
    pictures: Path | None = None
    instances: bool = False

    def build(self, image: str, ships: Sequence[str], buffer: npt.NDArray[np.uint8] | None) -> npt.NDArray[np.uint8]:
        """Write the mask of one image; returns the buffer to hand in again.

        Raises:
            ShipedgeError: a ship string is malformed, ships overlap (``instances``), or a picture's size is unreadable.
            OSError: the file cannot be written.
        """
        shape = self.shape if self.pictures is None else picture_size(self.pictures / image)
        if buffer is None or buffer.shape != shape:
            buffer = np.zeros(shape, np.uint8)
        if not ships:
            data = _empty_mask(shape)
        else:
            try:
                found = [parse(ship, shape) for ship in ships]
            except RleFormatError:
                found = open_csv(self.csv, complaints=[]).ships(image, shape)  # says line and image
            ink = [(top, bottom) for _, top, _, bottom in (ship.bbox for ship in found)]
            if self.instances:
                data = encode_labels(label_ships(found, shape), ink)
            else:
                data = encode_mask(union(found, shape).to_mask(out=buffer), ink)
        write_atomic(f"{self.out}{os.sep}{mask_name(image)}", data)
        return buffer


@lru_cache(maxsize=8)
def _empty_mask(shape: tuple[int, int]) -> bytes:
    """The file of an image without ships: 78 of 100 images, and always the same bytes."""
    return encode_mask(np.zeros(shape, np.uint8))


def mask_name(image: str) -> str:
    """File name of an image's mask: ``a.jpg`` -> ``a.png``."""
    return f"{image.rpartition('.')[0] or image}.png"


def label_ships(ships: Sequence[Rle], shape: tuple[int, int]) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    """Label picture (height, width): 0 = sea, k = ship k of the list, from 1; uint8 up to 255 ships, uint16 above.

    Raises:
        DatasetError: two ships share a pixel (a label picture cannot hold both), or there are over 65535.
    """
    if len(ships) > 65535:
        raise DatasetError(f"{len(ships)} ships in one image, a 16-bit label picture holds 65535")
    labels = np.zeros(shape, np.uint8 if len(ships) < 256 else np.uint16)
    one = np.zeros(shape, np.uint8)
    for number, ship in enumerate(ships, 1):
        left, top, right, bottom = ship.bbox
        ship.to_mask(out=one)
        inside = one[top:bottom, left:right] != 0
        there = labels[top:bottom, left:right]
        other = int(there[inside].max(initial=0))
        if other:
            raise DatasetError(f"ships {other} and {number} overlap, a label picture cannot hold both")
        there[inside] = number
    return labels


def build_masks(
    builder: MaskBuilder,
    images: Mapping[str, Sequence[str]],
    *,
    threads: int = 2,
    progress: Callable[[int], object] = lambda _count: None,
) -> MaskReport:
    """Write the masks of all images that have none yet, on several threads.

    A bad image becomes a complaint and the others go on. Ctrl-C stops after the files in hand; every file is whole
    or absent. Threads pay because the core, zlib and file calls run without the GIL.

    Args:
        builder: how to make one file.
        images: ImageId -> ship strings.
        threads: how many work at a time.
        progress: called with the number of images done since the last call.

    Raises:
        DatasetError: ``builder.out`` holds masks made of another CSV or with other settings.
        OSError: a file cannot be written (the disk is full, say): going on would only repeat it.
    """
    report = MaskReport()
    builder.out.mkdir(parents=True, exist_ok=True)
    there = set(os.listdir(builder.out))  # noqa: PTH208 - names alone: half a million Path objects cost seconds
    _claim(builder, there)
    todo = _without_clashes(images, report)
    missing = [(image, ships) for image, ships in todo if mask_name(image) not in there]
    report.skipped = len(todo) - len(missing)
    progress(report.skipped)
    stop, own = threading.Event(), threading.local()

    def work(chunk: Sequence[tuple[str, Sequence[str]]]) -> MaskReport:
        part = MaskReport()
        for image, ships in chunk:
            if stop.is_set():
                break
            try:
                own.buffer = builder.build(image, ships, getattr(own, "buffer", None))
            except ShipedgeError as error:
                part.complaints.append(str(error) if image in str(error) else f"image {image!r}: {error}")
            else:
                part.written += 1
                part.ships += len(ships)
        return part

    chunks = [missing[start : start + _CHUNK] for start in range(0, len(missing), _CHUNK)]
    with ThreadPoolExecutor(threads) as pool:
        try:
            for chunk, part in zip(chunks, pool.map(work, chunks), strict=True):
                report.written += part.written
                report.ships += part.ships
                report.complaints += part.complaints
                progress(len(chunk))
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    return report


def _claim(builder: MaskBuilder, there: set[str]) -> None:
    """Note in the folder what its masks are made of; refuse a folder whose masks are made of something else.

    Resuming trusts that a file that exists is finished and right; without the note, masks of two CSVs would mix unseen.
    """
    wanted = {
        "format": 1,
        "csv_sha256": hashlib.sha256(builder.csv.read_bytes()).hexdigest(),
        "instances": builder.instances,
        "shape": list(builder.shape) if builder.pictures is None else "of each picture",
    }
    note = builder.out / SETTINGS
    try:
        found = json.loads(note.read_bytes())
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


def _without_clashes(images: Mapping[str, Sequence[str]], report: MaskReport) -> list[tuple[str, Sequence[str]]]:
    """Images in order, less those whose mask would overwrite an earlier one's (``a.jpg`` and ``a.png``)."""
    owner: dict[str, str] = {}
    for image in images:
        name = mask_name(image)
        if owner.setdefault(name, image) != image:
            report.complaints.append(f"image {image!r}: its mask {name} is already that of {owner[name]!r}")
    return [(image, ships) for image, ships in images.items() if owner[mask_name(image)] == image]


def pictures_in(folder: Path, images: Iterable[str]) -> Iterator[str]:
    """Those of ``images`` that exist in ``folder``, in order."""
    with os.scandir(folder) as entries:
        there = {entry.name for entry in entries if entry.is_file()}
    return (image for image in images if image in there)

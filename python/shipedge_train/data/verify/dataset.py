"""The whole dataset: rows, then every image in threads, then what only all images together show."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2

from shipedge.engines import limit
from shipedge.engines.engine import Start
from shipedge.engines.share import share
from shipedge.engines.tries import Share
from shipedge.errors import DatasetError
from shipedge.formats.order import DECIDED
from shipedge.formats.scenes import read_scenes
from shipedge.rle import Rle
from shipedge_train.data.verify.files import names_in
from shipedge_train.data.verify.findings import Finding, Report, printable
from shipedge_train.data.verify.images import Look, check_image
from shipedge_train.data.verify.maskfile import SUFFIXES as MASK_SUFFIXES
from shipedge_train.data.verify.rows import Rows
from shipedge_train.data.verify.shapes import check_habit, check_shapes
from shipedge_train.dataset import Layout, find_layout
from shipedge_train.threads import in_order

Progress = Callable[[int], object]

_SHARE = 16
"""Images that a worker gets at a time."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of a dataset are; None where there is no such part."""

    csv: Path
    images: Path | None = None
    masks: Path | None = None
    scenes: Path | None = None


def find_parts(path: Path, images: Path | None = None) -> Parts:
    """The parts of a dataset folder, or of a CSV alone.

    Raises:
        DatasetError: neither, or `images` is no folder.
    """
    if images is not None and not images.is_dir():
        raise DatasetError(f"{images} is not a folder of images")
    if not path.is_dir():
        return Parts(path, images)
    if images is not None and (path / "ships.csv").is_file():
        layout = Layout(images, path / "ships.csv", path / "scenes.csv", path / "masks")
    else:
        layout = find_layout(path)
    masks, scenes = layout.masks, layout.scenes
    return Parts(layout.ships, layout.images, masks if masks.is_dir() else None, scenes if scenes.is_file() else None)


def count_images(parts: Parts) -> int:
    """How many images `verify` will look at."""
    return len(names_in(parts.images)) if parts.images else 0


def verify(
    parts: Parts,
    shape: tuple[int, int],
    progress: Progress = lambda _count: None,
    start: Start | None = None,
) -> tuple[Report, Rows]:
    """Check everything.

    Args:
        parts: the dataset.
        shape: (height, width) of every image.
        progress: called with the number of images done since the last call.
        start: starts workers that look at the images; None: threads of this process do.

    Raises:
        DatasetError: the CSV is no Airbus CSV at all.
        ShipedgeError: there can be no workers.
    """
    rows = Rows(parts.csv, shape)
    report = Report(str(parts.csv), rows.index.rows, len(rows.index))
    report.ship_images, report.ships = len(rows.ships), sum(map(len, rows.ships.values()))
    report.findings += rows.findings
    if not rows.named:
        report.findings.append(Finding("no-images", "the CSV has a header and no rows"))
    report.findings += check_shapes(rows.index, rows.ships, shape)
    if parts.scenes is not None:
        report.findings += _check_scenes(parts.scenes, rows)
    if parts.images is None:
        report.findings += check_habit(rows.ships)
        return report, rows
    names = names_in(parts.images)
    report.image_files = len(names)
    report.findings += _without_partner(names, rows)
    masks: dict[str, Path] = {}
    if parts.masks is not None:
        masks = _masks_of(parts.masks, names, report)
    asked = [_Asked(parts.images / name, _ships(rows, name), shape, masks.get(name)) for name in names]
    answers = _look(asked, progress) if start is None else _look_elsewhere(asked, progress, start)
    looks = dict(zip(names, answers, strict=True))
    for look in looks.values():
        report.findings += look.findings
    report.findings += _together(looks)
    return report, rows


def _without_partner(names: list[str], rows: Rows) -> Iterator[Finding]:
    there = set(names)
    for image in rows.index:
        if image not in there:
            line = rows.index.line(image, 0) if rows.index[image] else 0
            yield Finding("no-file", "named in the rows, but there is no such file", image, line)
    for name in names:
        if name not in rows.named:
            yield Finding("no-rows", "an image without ships needs one row with nothing behind the comma", name)


def _masks_of(folder: Path, names: list[str], report: Report) -> dict[str, Path]:
    """Image -> its mask file, matched by the name without suffix."""
    files = {Path(name).stem: folder / name for name in names_in(folder) if Path(name).suffix.lower() in MASK_SUFFIXES}
    images = {Path(name).stem: name for name in names}
    report.masks = len(files)
    for stem, path in files.items():
        if stem not in images:
            report.findings.append(Finding("mask-stray", "no image of that name", path.name))
    for stem, name in images.items():
        if stem not in files:
            report.findings.append(Finding("mask-missing", f"expected {stem}.png in {folder.name}/", name))
    return {images[stem]: path for stem, path in files.items() if stem in images}


def _ships(rows: Rows, image: str) -> list[Rle] | None:
    known = image in rows.ships or (image in rows.index and not rows.index[image])
    return rows.ships.get(image, []) if known else None


class _Asked(NamedTuple):
    """One image to look at; see `check_image`."""

    path: Path
    ships: list[Rle] | None
    shape: tuple[int, int]
    mask: Path | None


class _Job(NamedTuple):
    """What a worker is told: nothing but the time for an image."""

    timeout_s: float = limit.IMAGE_S

    def open(self) -> Callable[[Share[_Asked]], list[Look]]:
        """The function of a share of the images."""
        cv2.setNumThreads(1)  # the other cores have workers of their own

        def look(asked: _Asked) -> Look:
            with limit.limited(self.timeout_s):
                return check_image(*asked)

        return lambda piece: [look(asked) for asked in piece.items]


def _look(asked: list[_Asked], progress: Progress) -> Iterator[Look]:
    """What each image says, in order."""
    with closing(in_order(lambda one: check_image(*one), asked, os.cpu_count() or 1)) as looks:
        for look in looks:
            yield look
            progress(1)


def _look_elsewhere(asked: list[_Asked], progress: Progress, start: Start) -> Iterator[Look]:
    """The same by workers; an image that none survives is unreadable."""

    def failed(one: _Asked, why: str) -> list[Look]:
        return [Look([Finding("unreadable", why, one.path.name)])]

    engine = start(_Job())
    try:
        with closing(share(asked, _SHARE, engine, failed)) as answers:
            for count, pieces in answers:
                for looks in pieces:
                    yield from looks
                progress(count)
    finally:
        engine.close()


def _together(looks: Mapping[str, Look]) -> Iterator[Finding]:
    orders = {name: look.order for name, look in looks.items() if look.order is not None}
    for_c = [name for name, order in orders.items() if order.for_c]
    if sum(order.log_odds for order in orders.values()) < -DECIDED:
        yield Finding("row-major", f"{len(for_c)} of {len(orders)} images with ships say so")
    else:
        for name in for_c:
            yield Finding("row-major-image", "read along the rows, its ships stand out more", name)
    first: dict[bytes, str] = {}
    for name, look in looks.items():
        if look.digest is not None and first.setdefault(look.digest, name) != name:
            yield Finding("same-file", f"the same file as {printable(first[look.digest])}", name)
    scales = {name: look.mask.scale for name, look in looks.items() if look.mask is not None and look.mask.scale}
    if len(set(scales.values())) > 1:
        of_one = [name for name, scale in scales.items() if scale == 1]
        text = f"{len(of_one)} of {len(scales)} masks with ships, {printable(of_one[0])} the first, are of 0 and 1"
        yield Finding("mask-scale", f"{text}, the others of 0 and 255")


def _check_scenes(path: Path, rows: Rows) -> Iterator[Finding]:
    try:
        scenes = read_scenes(path)
    except (DatasetError, OSError, ValueError) as error:
        yield Finding("bad-scenes", str(error))
        return
    for image in rows.index:
        if image not in scenes:
            yield Finding("no-scene", f"not in {path.name}: a split takes it for a scene of its own", image)

"""Which images are shown, in which order, as sheets and as a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shipedge.files.atomic import write_atomic
from shipedge.rle import Rle
from shipedge_train.data.verify.findings import printable
from shipedge_train.data.view.read import in_threads, read_pixels
from shipedge_train.data.view.sheet import PER_SHEET, contact_sheet, thumbnail
from shipedge_train.page import Chart, Facts, Gallery, GalleryImage, gallery_image, write_page

_CAPTION = 20  # letters below an image of a sheet

Drawn = tuple[GalleryImage, NDArray[np.uint8]]


def choose(names: Sequence[str], values: Mapping[str, float] | None, limit: int) -> list[str]:
    """At most `limit` names: those of the highest values, in their order; without values spread evenly over all."""
    if values is not None:
        return sorted(names, key=lambda name: (-values.get(name, -1.0), name))[:limit]
    if len(names) <= limit:
        return list(names)
    return [names[i] for i in np.linspace(0, len(names) - 1, limit).round().astype(int)]


@dataclass(frozen=True)
class Selection:
    """Which images of a folder are shown, with the ships and the errors of each by name."""

    folder: Path
    names: Sequence[str]
    ships: Mapping[str, Sequence[Rle]]
    errors: Mapping[str, Mapping[str, float]]

    def draw(self, name: str) -> Drawn | None:
        """An image for the page and for a sheet; None where it cannot be decoded."""
        pixels = read_pixels(self.folder / name)
        if pixels is None:
            return None
        ships = [ship for ship in self.ships.get(name, ()) if ship.shape == pixels.shape[:2]]
        sizes = [ship.area for ship in ships]
        numbers = {
            "ships": len(ships),
            "largest ship": max(sizes, default=None),
            "ship pixels": sum(sizes),
            "brightness": round(float(pixels[::4, ::4].mean()), 1),
            **self.errors.get(name, {}),
        }
        return gallery_image(printable(name), pixels, {"ships": ships}, numbers), thumbnail(pixels, ships)


@dataclass(frozen=True)
class Frame:
    """What the page shows around the images: title, facts and charts above, a note, the key they are sorted by."""

    title: str
    facts: Facts
    charts: Sequence[Chart]
    note: str
    sort: str


def write_gallery(out: Path, selection: Selection, frame: Frame, progress: Callable[[int], object]) -> tuple[int, int]:
    """Write ``index.html`` and ``sheet-001.png`` ... into a folder; returns (images shown, not decodable)."""
    cards: list[GalleryImage] = []
    # Closed also when a sheet cannot be written.
    with closing(in_threads(selection.draw, selection.names, progress)) as answers:
        drawn = (answer for answer in answers if answer is not None)
        while sheet := list(islice(drawn, PER_SHEET)):
            path = out / f"sheet-{len(cards) // PER_SHEET + 1:03}.png"
            write_atomic(path, contact_sheet([small for _, small in sheet], [_caption(card) for card, _ in sheet]))
            cards += [card for card, _ in sheet]
    gallery = Gallery(cards, "Images", frame.note, sort=frame.sort)
    write_page(out / "index.html", frame.title, [frame.facts, *frame.charts, gallery])
    return len(cards), len(selection.names) - len(cards)


def _caption(image: GalleryImage) -> str:
    name = image.name if len(image.name) <= _CAPTION else f"{image.name[: _CAPTION - 2]}.."
    count = image.numbers["ships"]
    return f"{name}  {count} ship{'' if count == 1 else 's'}" if count else name

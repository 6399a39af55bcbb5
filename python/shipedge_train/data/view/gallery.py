"""Which pictures are shown, in which order, as sheets and as a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shipedge.atomic import write_atomic
from shipedge.rle import Rle
from shipedge_train.data.verify.findings import printable
from shipedge_train.data.view.read import in_threads, read_pixels
from shipedge_train.data.view.sheet import PER_SHEET, contact_sheet, thumbnail
from shipedge_train.page import Chart, Facts, Gallery, GalleryPicture, gallery_picture, write_page

_CAPTION = 20  # letters below a picture of a sheet

Shown = tuple[GalleryPicture, NDArray[np.uint8]]


def choose(names: Sequence[str], values: Mapping[str, float] | None, limit: int) -> list[str]:
    """At most `limit` names: those of the highest values, in their order; without values spread evenly over all."""
    if values is not None:
        return sorted(names, key=lambda name: (-values.get(name, -1.0), name))[:limit]
    if len(names) <= limit:
        return list(names)
    return [names[i] for i in np.linspace(0, len(names) - 1, limit).round().astype(int)]


def write_gallery(
    out: Path,
    folder: Path,
    names: Sequence[str],
    ships: Mapping[str, Sequence[Rle]],
    errors: Mapping[str, Mapping[str, float]],
    *,
    title: str,
    facts: Facts,
    charts: Sequence[Chart],
    note: str,
    sort: str,
    progress: Callable[[int], object],
) -> tuple[int, int]:
    """Write ``index.html`` and ``sheet-001.png`` ... into a folder; returns (pictures shown, not decodable)."""

    def ask(name: str) -> Shown | None:
        pixels = read_pixels(folder / name)
        if pixels is None:
            return None
        own = [ship for ship in ships.get(name, ()) if ship.shape == pixels.shape[:2]]
        sizes = [ship.area for ship in own]
        numbers = {
            "ships": len(own),
            "largest ship": max(sizes, default=None),
            "ship pixels": sum(sizes),
            "brightness": round(float(pixels[::4, ::4].mean()), 1),
            **errors.get(name, {}),
        }
        return gallery_picture(printable(name), pixels, {"ships": own}, numbers), thumbnail(pixels, own)

    shown: list[GalleryPicture] = []
    with closing(in_threads(ask, names, progress)) as answers:  # closed also when a sheet cannot be written
        found = (one for one in answers if one is not None)
        while page := list(islice(found, PER_SHEET)):
            captions = [_caption(picture) for picture, _ in page]
            path = out / f"sheet-{len(shown) // PER_SHEET + 1:03}.png"
            write_atomic(path, contact_sheet([small for _, small in page], captions))
            shown += [picture for picture, _ in page]
    gallery = Gallery(shown, "Pictures", note, sort=sort)
    write_page(out / "index.html", title, [facts, *charts, gallery])
    return len(shown), len(names) - len(shown)


def _caption(picture: GalleryPicture) -> str:
    name = picture.name if len(picture.name) <= _CAPTION else f"{picture.name[: _CAPTION - 2]}.."
    count = picture.numbers["ships"]
    return f"{name}  {count} ship{'' if count == 1 else 's'}" if count else name

"""A dataset folder as training sees it: which images, which ships, which side of the split.

The folder holds ``images/*.jpg``, ``ships.csv`` (Airbus format) and optionally ``scenes.csv`` (``ImageId,BigImageId``),
or what Kaggle's archive unpacks to (layout.py).
Masks are never files here: they are painted from the ship strings, so a mask cannot be loaded as an image, have the
wrong type or belong to another image.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shipedge.airbus import read_airbus
from shipedge.errors import DatasetError
from shipedge.formats.scenes import read_scenes
from shipedge.images import decode_image, read_file
from shipedge.rle import decode_union
from shipedge_train.dataset.layout import find_layout

SHAPE = (768, 768)
"""Height and width of every image, pixels: the frame that Airbus ship strings count in."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image: its file, the run-length string of each ship, and the scene it was cut from."""

    path: Path
    ships: tuple[str, ...]
    scene: str

    def pixels(self, rows: int = SHAPE[0]) -> NDArray[np.uint8]:
        """Decode: (768, 768, 3) uint8 RGB; where fewer `rows` are enough, at least so many from the top.

        Raises:
            ImageError: missing, cut off, damaged, not an image, or of another size.
        """
        return decode_image(read_file(self.path), str(self.path), shape=SHAPE, rows=rows)

    def mask(self, out: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        """Union of all ships: (768, 768) uint8, 0 sea and 1 ship."""
        return decode_union(self.ships, SHAPE, out=out)


def read_dataset(folder: str | os.PathLike[str]) -> list[Image]:
    """All images of a dataset folder, sorted by name.

    Raises:
        DatasetError: no such folder, bad CSV, or an image named in it is missing.
    """
    images, ships, *_ = find_layout(folder)
    rows = read_airbus(ships)
    scenes = scenes_of(folder)
    there = {path.name for path in images.iterdir()}
    missing = sorted(set(rows) - there)
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise DatasetError(f"{images / missing[0]} is missing{more}, but {ships.name} has rows for it")
    if not rows:
        raise DatasetError(f"{ships} names no image")
    return [Image(images / name, tuple(rows[name]), scenes.get(name, name)) for name in sorted(rows)]


def split_by_scene(images: Sequence[Image], validation_share: float) -> tuple[list[Image], list[Image]]:
    """(training, validation) images; all cuts of one scene stay on one side.

    A scene's side depends on the hash of its name alone: the same in every run, and adding images moves none.

    Raises:
        DatasetError: one side would be empty, or the validation side would have no ship or no ship-free image.
    """
    train: list[Image] = []
    validation: list[Image] = []
    for image in images:
        digest = hashlib.sha256(image.scene.encode()).digest()
        side = validation if int.from_bytes(digest[:8], "big") < validation_share * 2**64 else train
        side.append(image)
    for name, images_there in (("training", train), ("validation", validation)):
        if not any(p.ships for p in images_there):
            raise DatasetError(
                f"the {name} side has {len(images_there)} images and none with ships: "
                "more images or another data.validation_share are needed"
            )
    return train, validation


def pick_evenly(images: Sequence[Image], count: int) -> list[Image]:
    """At most `count` images, spread over the whole list."""
    if len(images) <= count:
        return list(images)
    return [images[i] for i in np.linspace(0, len(images) - 1, count).round().astype(int)]


def scenes_of(folder: str | os.PathLike[str]) -> dict[str, str]:
    """ImageId -> scene it was cut from, by scenes.csv of a dataset folder; empty where there is no such file.

    Raises:
        DatasetError: it is not that table.
    """
    path = Path(folder) / "scenes.csv"
    return read_scenes(path) if path.is_file() else {}

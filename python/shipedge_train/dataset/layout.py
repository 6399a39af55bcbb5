"""Where the parts of a dataset folder lie: our own names, or those that Kaggle gives."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from shipedge.errors import DatasetError

__all__ = ["NAMES", "Layout", "find_layout"]

NAMES = (("images", "ships.csv"), ("train_v2", "train_ship_segmentations_v2.csv"))
"""Folder of images and CSV of ships: ours, and Kaggle's."""


class Layout(NamedTuple):
    """The parts of a dataset folder.

    Attributes:
        images: folder of the images.
        ships: Airbus CSV of the ships.
        scenes: `ImageId,BigImageId`; may be absent.
        masks: folder of mask files; may be absent.
    """

    images: Path
    ships: Path
    scenes: Path
    masks: Path


def find_layout(folder: str | os.PathLike[str]) -> Layout:
    """The parts of a dataset folder: images/ and ships.csv, or train_v2/ and train_ship_segmentations_v2.csv.

    Raises:
        DatasetError: it holds neither pair, or both.
    """
    root = Path(folder)
    found = [(images, ships) for images, ships in NAMES if (root / images).is_dir() and (root / ships).is_file()]
    if len(found) == 1:
        images, ships = found[0]
        return Layout(root / images, root / ships, root / "scenes.csv", root / "masks")
    expected = " or ".join(f"{images}/ and {ships}" for images, ships in NAMES)
    if found:
        raise DatasetError(f"{root} holds two datasets, expected {expected}")
    raise DatasetError(f"{root} is not a dataset: expected a folder with {expected}")

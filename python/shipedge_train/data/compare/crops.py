"""Equal numbers of crops of two datasets, in folds that never tear a scene apart."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import DatasetError
from shipedge_train.dataset import SHAPE, Image

CROP = 128
"""Side of a crop, pixels; a multiple of 8, so that crops lie on the grid of JPEG blocks."""


@dataclass(frozen=True, slots=True)
class Crops:
    """What a judge sees.

    Attributes:
        pixels: (n, CROP, CROP, 3) uint8 RGB.
        side: (n,) 0 for the first dataset, 1 for the second.
        group: (n,) number of the scene that a crop was cut from, unique over both datasets.
        fold: (n,) number of the fold; all crops of a group share it.
    """

    pixels: NDArray[np.uint8]
    side: NDArray[np.int64]
    group: NDArray[np.int64]
    fold: NDArray[np.int64]


def _rank(image: Image) -> bytes:
    """An order that neither names nor folders decide."""
    return hashlib.sha256(image.path.name.encode()).digest()


def balanced(one: Sequence[Image], other: Sequence[Image]) -> tuple[list[Image], list[Image]]:
    """As many images with ships and as many without from each side: neither share gives a side away.

    Raises:
        DatasetError: the sides have fewer than five images of the same kind in common.
    """
    sides: tuple[list[Image], list[Image]] = ([], [])
    for wanted in (True, False):
        kind = [sorted((p for p in side if bool(p.ships) == wanted), key=_rank) for side in (one, other)]
        count = min(len(kind[0]), len(kind[1]))
        sides[0].extend(kind[0][:count])
        sides[1].extend(kind[1][:count])
    if len(sides[0]) < 5:
        raise DatasetError(
            f"the two folders have {len(sides[0])} images of the same kind (with ships, without) in common, "
            "expected at least 5"
        )
    return sides


def _corners(image: Image, count: int) -> list[tuple[int, int]]:
    """(top, left) of `count` crops on the block grid: every second one shows a ship where there is one."""
    rng = np.random.default_rng(list(_rank(image)[:8]))
    last = SHAPE[0] - CROP
    places = rng.integers(0, last + 1, (count, 2))
    if image.ships:
        spots = np.argwhere(image.mask())
        near = spots[rng.integers(len(spots), size=len(places[::2]))] if len(spots) else places[::2] + CROP // 2
        places[::2] = near - CROP // 2 + rng.integers(-CROP // 4, CROP // 4 + 1, near.shape)
    places = np.clip(places, 0, last) // 8 * 8
    return [(int(top), int(left)) for top, left in places]


def cut(one: Sequence[Image], other: Sequence[Image], per_image: int, folds: int) -> Crops:
    """Cut `per_image` crops from each image, turned and mirrored by none: cameras and light have directions.

    Raises:
        DatasetError: too few images, or one that cannot be decoded.
    """
    cv2.setNumThreads(1)
    crops, side, group, fold = [], [], [], []
    numbers: dict[tuple[int, str], int] = {}
    for label, images in enumerate(balanced(one, other)):
        for image in sorted(images, key=_rank):
            number = numbers.setdefault((label, image.scene), len(numbers))
            pixels = image.pixels()
            for top, left in _corners(image, per_image):
                crops.append(pixels[top : top + CROP, left : left + CROP])
                side.append(label)
                group.append(number)
    # Groups in the order of their first image go round the folds, so each fold holds both sides evenly.
    first = {label: min(n for (which, _), n in numbers.items() if which == label) for label in (0, 1)}
    fold = [(number - first[label]) % folds for number, label in zip(group, side, strict=True)]
    return Crops(np.stack(crops), np.array(side), np.array(group), np.array(fold))

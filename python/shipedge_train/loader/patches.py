"""What a refiner learns from: patches around rectangles that are a little off, and the way back to the label."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.random import Generator as Rng
from numpy.typing import NDArray

from shipedge.bundle import NUMBERS, PATCH
from shipedge.cascade.refine import Rectangle, correction, cut_patch, is_whole, smallest_rectangle
from shipedge.errors import DatasetError
from shipedge.rle import parse
from shipedge_train.augment.sample import vary
from shipedge_train.config import AugmentConfig, DataConfig
from shipedge_train.dataset import SHAPE, Image
from shipedge_train.loader.batches import Batch, endless
from shipedge_train.loader.cache import MemoryCache

_NARROWEST = 3.0
"""Pixels. Of a narrower label the sides say nothing."""
_NO_MASK = np.zeros(PATCH, np.uint8)


def rectangles_of(image: Image) -> list[Rectangle]:
    """The rectangles of the ships that are whole: not cut by the border, and wide enough to have sides."""
    ships = [parse(text, SHAPE) for text in image.ships]
    whole = [smallest_rectangle(ship) for ship in ships if ship.area and is_whole(ship)]
    return [rectangle for rectangle in whole if rectangle[3] >= _NARROWEST]


def astray(truth: Rectangle, rng: Rng) -> Rectangle:
    """A rectangle as a segmenter would find it: off by some share of its size and by some pixels, more often too large.

    Once in five times the angle is far off, and half of the times it is seen from the other end.
    """
    x, y, length, width, angle = truth
    along = rng.normal(0, 0.1) * length + rng.normal(0, 0.7)
    across = rng.normal(0, 0.15) * width + rng.normal(0, 0.7)
    turn = rng.normal(0, np.deg2rad(15 if rng.random() < 0.2 else 5)) + (np.pi if rng.random() < 0.5 else 0)
    return np.array(
        [
            x + np.cos(angle) * along - np.sin(angle) * across,
            y + np.sin(angle) * along + np.cos(angle) * across,
            max(4.0, length * np.exp(rng.normal(0.08, 0.22)) + rng.normal(0, 1)),
            max(3.0, width * np.exp(rng.normal(0.12, 0.28)) + rng.normal(0, 0.8)),
            angle + turn,
        ]
    )


class PatchLoader:
    """Endless batches for a refiner: (b, 64, 128, 3) uint8 and (b, 1, 5, 1) float32, see `shipedge.cascade.refine`.

    Every ship is drawn as often. Of the augmentation only what has no geometry is used; turning and size are what a
    rectangle gone astray brings along.

    Args:
        images: those to learn from.
        data: batch, threads, cache.
        augmentation: how far samples are varied.
        seed: another one, another order.

    Raises:
        DatasetError: no ship to learn from.
    """

    def __init__(self, images: Sequence[Image], data: DataConfig, augmentation: AugmentConfig, seed: int) -> None:
        self._ships = [(image, rectangle) for image in images for rectangle in rectangles_of(image)]
        if not self._ships:
            raise DatasetError("no image shows a whole ship: a refiner has nothing to learn from")
        self._data, self._augment, self._seed = data, augmentation, seed
        self._cache = MemoryCache(data.cache_gb)

    def weigh(self, weights: Mapping[str, float]) -> None:
        """Nothing: images without ships are not drawn."""

    def batches(self, first_step: int = 0, places: range | None = None) -> Generator[Batch, None, None]:
        """Batches from `first_step` on; a few are prefetched. `places` are those of the batch to make, None all."""
        return endless(partial(self.batch, places=places), self._data, first_step)

    def batch(self, step: int, places: range | None = None) -> Batch:
        """The batch of one step, or some places of it."""
        places = range(self._data.batch) if places is None else places
        patches = np.empty((len(places), *PATCH, 3), np.uint8)
        truth = np.empty((len(places), 1, NUMBERS, 1), np.float32)
        for i, place in enumerate(places):
            rng = np.random.default_rng((self._seed, step, place))
            image, rectangle = self._ships[rng.integers(len(self._ships))]
            found = astray(rectangle, rng)
            patch, numbers = cut_patch(self._pixels(image), found), correction(found, rectangle)
            if self._augment.flips and rng.random() < 0.5:
                patch, numbers[[1, 4]] = np.ascontiguousarray(patch[::-1]), 1 - numbers[[1, 4]]
            patches[i], truth[i, 0, :, 0] = vary(patch, _NO_MASK, self._augment, rng)[0], numbers
        return patches, truth

    def _pixels(self, image: Image) -> NDArray[np.uint8]:
        pixels = self._cache.find(image)
        if pixels is None:
            pixels = image.pixels()
            self._cache.keep(image, pixels)
        return pixels


def patches_of(images: Sequence[Image], each: int) -> Iterator[tuple[NDArray[np.uint8], Rectangle, Rectangle]]:
    """For scoring and calibration, never varied and the same every time: (patch, rectangle, label), `each` per ship."""
    rng = np.random.default_rng(each)
    for image in images:
        if not (rectangles := rectangles_of(image)):
            continue
        pixels = image.pixels()
        for truth in rectangles:
            for found in [astray(truth, rng) for _ in range(each)]:
                yield cut_patch(pixels, found), found, truth


def overlap(a: Rectangle, b: Rectangle) -> float:
    """Intersection over union of two rectangles."""
    (one, other) = (((r[0], r[1]), (r[2], r[3]), np.rad2deg(r[4])) for r in (a, b))
    _, shared = cv2.rotatedRectangleIntersection(one, other)
    common = cv2.contourArea(cv2.convexHull(shared)) if shared is not None else 0.0
    return float(common / (a[2] * a[3] + b[2] * b[3] - common))

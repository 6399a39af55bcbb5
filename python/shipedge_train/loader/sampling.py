"""What a batch is made of: which images, and where in them. A draw depends on the given generator alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge.errors import DatasetError, RleFormatError
from shipedge.rle import bboxes, parse
from shipedge_train.config import DataConfig
from shipedge_train.dataset import SHAPE, Image
from shipedge_train.dataset.sizes import size_class

_REACH = 0.35  # of the crop's side: a ship lies anywhere in its crop, not always in the middle

Center = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ship:
    """A ship: its image, its place among the image's ships, and its box (left, top, right, bottom), pixels."""

    image: Image
    number: int
    box: tuple[int, int, int, int]


class Sampler:
    """Draws images and the middles of crops in them, in the shares that the configuration states.

    Ships are drawn, not images with ships, so a harbor counts for more than a lonely boat.

    Args:
        images: those to learn from, and no others.
        data: shares, sizes, how far size classes are made equal.
        weights: how much likelier than others an image is, by file name; those not named have 1. For hard examples,
            such as images without ships in which a model saw some.

    Raises:
        DatasetError: no ships where `ship_share` asks for some; a ship that is no run-length string; a weight that is
            not a number from 0 up, or is that of an image that is not among `images`.
    """

    def __init__(self, images: Sequence[Image], data: DataConfig, weights: Mapping[str, float] | None = None) -> None:
        boxes = [_boxes(image) for image in images]
        counts = np.array([len(some) for some in boxes])
        weight = _weights(images, weights or {})
        self._images, self._data = list(images), data
        self._boxes = np.concatenate(boxes)
        self._owner = np.repeat(np.arange(len(boxes)), counts)
        self._first = np.concatenate([[0], np.cumsum(counts)])
        if data.ship_share > 0 and not len(self._boxes):
            raise DatasetError(f"none of {len(images)} images has ships, but data.ship_share is {data.ship_share}")
        self._ships = _Lottery(_balance(self._boxes, data.size_balance) * weight[self._owner])
        self._empty = _Lottery(weight * (counts == 0) if (counts == 0).any() else weight)
        self._all = _Lottery(weight)

    def draw(self, rng: Generator, crops: int) -> tuple[Image, list[Center]]:
        """An image and the middles (y, x) of so many crops of it, pixels."""
        ticket = rng.random()
        if ticket < self._data.ship_share:
            ship = self._ships.draw(rng)
            owner = self._owner[ship]
            mates = rng.integers(self._first[owner], self._first[owner + 1], size=crops - 1)
            return self._images[owner], [self._near(number, rng) for number in (ship, *mates)]
        lottery = self._empty if ticket < self._data.ship_share + self._data.empty_share else self._all
        image = self._images[lottery.draw(rng)]
        return image, [(rng.uniform(0, SHAPE[0]), rng.uniform(0, SHAPE[1])) for _ in range(crops)]

    def ship(self, rng: Generator) -> Ship:
        """One ship of all, for an image without any."""
        number = self._ships.draw(rng)
        owner = self._owner[number]
        left, top, right, bottom = self._boxes[number].tolist()
        return Ship(self._images[owner], int(number - self._first[owner]), (left, top, right, bottom))

    def _near(self, number: int, rng: Generator) -> Center:
        left, top, right, bottom = self._boxes[number].tolist()
        reach = self._data.crop * _REACH
        return (top + bottom) / 2 + rng.uniform(-reach, reach), (left + right) / 2 + rng.uniform(-reach, reach)


class _Lottery:
    """Draws positions of a list, each as often as its weight says."""

    def __init__(self, weights: NDArray[np.float64]) -> None:
        self._sums = np.cumsum(weights)

    def draw(self, rng: Generator) -> int:
        # Below the last sum even after rounding: the position of what is drawn always exists.
        ticket = min(rng.random() * self._sums[-1], np.nextafter(self._sums[-1], 0))
        return int(np.searchsorted(self._sums, ticket, side="right"))


def _boxes(image: Image) -> NDArray[np.int64]:
    """Boxes of an image's ships: (n, 4)."""
    try:
        return bboxes([parse(text, SHAPE) for text in image.ships])
    except RleFormatError as error:
        raise DatasetError(f"{image.path.name}: {error}") from None


def _balance(boxes: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """Weight of each ship: `share` is divided evenly among the size classes that exist, the rest among the ships."""
    if not len(boxes):
        return np.empty(0)
    _, classes, counts = np.unique(size_class(boxes), return_inverse=True, return_counts=True)
    even: NDArray[np.float64] = (1 - share) / len(boxes) + share / (len(counts) * counts[classes])
    return even


def _weights(images: Sequence[Image], given: Mapping[str, float]) -> NDArray[np.float64]:
    """One weight per image."""
    strangers = sorted(set(given) - {image.path.name for image in images})
    if strangers:  # a score of the validation side that finds its way into training, say
        raise DatasetError(f"a weight is given to {strangers[0]}, which is not among the images to learn from")
    weights = np.array([given.get(image.path.name, 1.0) for image in images])
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        name = images[bad[0]].path.name
        raise DatasetError(f"the weight of {name} is {weights[bad[0]]}, expected a number from 0 up")
    return weights

"""What a batch is made of: which pictures, and where in them. A draw depends on the given generator alone."""

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
    """A ship: its picture, its place among the picture's ships, and its box (left, top, right, bottom), pixels."""

    picture: Image
    number: int
    box: tuple[int, int, int, int]


class Sampler:
    """Draws pictures and the middles of crops in them, in the shares that the configuration states.

    Ships are drawn, not pictures with ships, so a harbor counts for more than a lonely boat.

    Args:
        pictures: those to learn from, and no others.
        data: shares, sizes, how far size classes are made equal.
        weights: how much likelier than others a picture is, by file name; those not named have 1. For hard examples,
            such as pictures without ships in which a model saw some.

    Raises:
        DatasetError: no ships where `ship_share` asks for some; a ship that is no run-length string; a weight that is
            not a number from 0 up, or is that of a picture that is not among `pictures`.
    """

    def __init__(self, pictures: Sequence[Image], data: DataConfig, weights: Mapping[str, float] | None = None) -> None:
        boxes = [_boxes(picture) for picture in pictures]
        counts = np.array([len(some) for some in boxes])
        weight = _weights(pictures, weights or {})
        self._pictures, self._data = list(pictures), data
        self._boxes = np.concatenate(boxes)
        self._owner = np.repeat(np.arange(len(boxes)), counts)
        self._first = np.concatenate([[0], np.cumsum(counts)])
        if data.ship_share > 0 and not len(self._boxes):
            raise DatasetError(f"none of {len(pictures)} pictures has ships, but data.ship_share is {data.ship_share}")
        self._ships = _Lottery(_balance(self._boxes, data.size_balance) * weight[self._owner])
        self._empty = _Lottery(weight * (counts == 0) if (counts == 0).any() else weight)
        self._all = _Lottery(weight)

    def draw(self, rng: Generator, crops: int) -> tuple[Image, list[Center]]:
        """A picture and the middles (y, x) of so many crops of it, pixels."""
        ticket = rng.random()
        if ticket < self._data.ship_share:
            ship = self._ships.draw(rng)
            owner = self._owner[ship]
            mates = rng.integers(self._first[owner], self._first[owner + 1], size=crops - 1)
            return self._pictures[owner], [self._near(number, rng) for number in (ship, *mates)]
        lottery = self._empty if ticket < self._data.ship_share + self._data.empty_share else self._all
        picture = self._pictures[lottery.draw(rng)]
        return picture, [(rng.uniform(0, SHAPE[0]), rng.uniform(0, SHAPE[1])) for _ in range(crops)]

    def ship(self, rng: Generator) -> Ship:
        """One ship of all, for a picture without any."""
        number = self._ships.draw(rng)
        owner = self._owner[number]
        left, top, right, bottom = self._boxes[number].tolist()
        return Ship(self._pictures[owner], int(number - self._first[owner]), (left, top, right, bottom))

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


def _boxes(picture: Image) -> NDArray[np.int64]:
    """Boxes of a picture's ships: (n, 4)."""
    try:
        return bboxes([parse(text, SHAPE) for text in picture.ships])
    except RleFormatError as error:
        raise DatasetError(f"{picture.path.name}: {error}") from None


def _balance(boxes: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """Weight of each ship: `share` is divided evenly among the size classes that exist, the rest among the ships."""
    if not len(boxes):
        return np.empty(0)
    _, classes, counts = np.unique(size_class(boxes), return_inverse=True, return_counts=True)
    even: NDArray[np.float64] = (1 - share) / len(boxes) + share / (len(counts) * counts[classes])
    return even


def _weights(pictures: Sequence[Image], given: Mapping[str, float]) -> NDArray[np.float64]:
    """One weight per picture."""
    strangers = sorted(set(given) - {picture.path.name for picture in pictures})
    if strangers:  # a score of the validation side that finds its way into training, say
        raise DatasetError(f"a weight is given to {strangers[0]}, which is not among the pictures to learn from")
    weights = np.array([given.get(picture.path.name, 1.0) for picture in pictures])
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        name = pictures[bad[0]].path.name
        raise DatasetError(f"the weight of {name} is {weights[bad[0]]}, expected a number from 0 up")
    return weights

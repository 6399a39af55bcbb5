"""Which pixels int8 learns its ranges from, and which ones a converted file is compared on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from shipedge._core import halve
from shipedge_train.dataset import SHAPE, Picture, pick_evenly
from shipedge_train.export.networks import Fixed, Network
from shipedge_train.export.parity import Tile
from shipedge_train.loader import patches_of, presence_grid

CALIBRATION_TILES = 120
PARITY_TILES = 180


def calibration_tiles(fixed: Fixed, network: Network) -> list[NDArray[np.uint8]]:
    """What the model sees of training images, two thirds of them with ships."""
    if fixed.kind == "refiner":
        return [tile.pixels for tile in _patches(network.split.training, CALIBRATION_TILES)]
    side = fixed.model.input_shape[1] * fixed.reduce
    rng = np.random.default_rng((network.config.train.seed, side))
    training = network.split.training
    return [_tile(p, side, fixed.reduce, rng)[0] for p in _mixed(training, CALIBRATION_TILES)]


def held_back_tiles(fixed: Fixed, network: Network) -> list[Tile]:
    """What the model sees of images that nothing learned from, with the truth."""
    if fixed.kind == "refiner":
        return _patches(network.split.validation, PARITY_TILES)
    side = fixed.model.input_shape[1] * fixed.reduce
    rng = np.random.default_rng(side)
    tiles = [_tile(p, side, fixed.reduce, rng) for p in _mixed(network.split.validation, PARITY_TILES)]
    return [Tile(pixels, presence_grid(mask) == 1 if fixed.kind == "detector" else mask) for pixels, mask in tiles]


def _mixed(pictures: Sequence[Picture], count: int) -> list[Picture]:
    """At most so many, two thirds of them with ships."""
    ships, empty = [p for p in pictures if p.ships], [p for p in pictures if not p.ships]
    return pick_evenly(ships, count * 2 // 3) + pick_evenly(empty, count // 3)


def _tile(
    picture: Picture, side: int, reduce: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """One tile, around a ship pixel where the image has ships, and its mask at full size."""
    pixels, mask = picture.pixels(), picture.mask()
    ys, xs = np.nonzero(mask) if mask.any() else (np.array([SHAPE[0] // 2]), np.array([SHAPE[1] // 2]))
    k = rng.integers(len(ys))
    top, left = (int(np.clip(v - side // 2, 0, SHAPE[0] - side)) for v in (ys[k], xs[k]))
    place = (slice(top, top + side), slice(left, left + side))
    return halve(pixels[place]) if reduce == 2 else pixels[place], mask[place]


def _patches(pictures: Sequence[Picture], count: int) -> list[Tile]:
    """What a refiner sees of at most so many ships."""
    chosen = pick_evenly([picture for picture in pictures if picture.ships], count)
    return [Tile(patch, (found, label)) for patch, found, label in islice(patches_of(chosen, 1), count)]

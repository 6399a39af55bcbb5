"""Which crops everybody makes: those of the loader itself, written down so that others can make them too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shipedge_train.augment.geometry import sample_geometry
from shipedge_train.augment.sheet import NOTHING
from shipedge_train.config import DataConfig
from shipedge_train.dataset import SHAPE, Image
from shipedge_train.loader.sampling import Sampler

SEED = 1
FLIPS = replace(NOTHING, flips=True)
"""All that contenders vary: the eight symmetries of the square."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Crops of `size` pixels in the loader's order.

    Attributes:
        size: side of a crop, pixels.
        batch: crops per batch.
        images: image files, one per crop.
        masks: mask files (PNG, 0 and 255), one per crop.
        ships: run-length strings of the image, one tuple per crop.
        places: (n, 5) int32: left, top, transposed, mirrored in x, mirrored in y (0 or 1, in this order).
    """

    size: int
    batch: int
    images: list[str]
    masks: list[str]
    ships: list[tuple[str, ...]]
    places: NDArray[np.int32]


def make_plan(images: Sequence[Image], masks: Path, data: DataConfig, batches: int) -> Plan:
    """The first batches of a loader with `data`, `FLIPS` and `SEED`."""
    sampler = Sampler(images, data)
    chosen: list[Image] = []
    places = []
    for step in range(batches):
        for first in range(data.batch):
            rng = np.random.default_rng((SEED, step, first))
            image, (center,) = sampler.draw(rng, 1)
            geometry = sample_geometry(center, data.crop, FLIPS, rng, SHAPE)
            (xx, xy), (yx, yy) = geometry.linear
            last = data.crop - 1
            left = geometry.offset[0] + min(0, xx * last, xy * last)
            top = geometry.offset[1] + min(0, yx * last, yy * last)
            chosen.append(image)
            places.append((left, top, xx == 0, (xx or yx) < 0, (yy or xy) < 0))
    return Plan(
        data.crop,
        data.batch,
        [str(image.path) for image in chosen],
        [str(masks / f"{image.path.stem}.png") for image in chosen],
        [image.ships for image in chosen],
        np.array(places, np.int32),
    )

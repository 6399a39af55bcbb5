"""One augmented copy of an image: its pixels and the run-length string of each of its ships."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge.errors import DatasetError, RleFormatError
from shipedge.rle import Rle, parse
from shipedge_train.augment.geometry import Geometry, sample_geometry
from shipedge_train.augment.paste import cut_donor, paste
from shipedge_train.augment.sample import vary
from shipedge_train.config import AugmentConfig
from shipedge_train.dataset import SHAPE, Image

Array = NDArray[np.uint8]

_QUALITY = 92
_LEAST_AREA = 4  # pixels; what the border or an erased rectangle leaves of a ship is no ship below that
_MOST_PASTED = 3
_TRIES = 6


def copy_of(
    image: Image, donors: Sequence[Image], config: AugmentConfig, seed: int, number: int
) -> tuple[bytes, list[str]]:
    """Copy `number` of an image: (JPEG file, one run-length string per ship).

    Depends on its arguments alone: not on the other images that are copied, their order or the number of workers.

    Args:
        image: the original, which is only read.
        donors: images with ships that may be pasted.
        config: how far to go; `config.paste` is the probability that a copy without ships gets some.
        seed: same seed, same copies.
        number: 0 is the first copy.

    Raises:
        DatasetError: the image or a donor cannot be used; names it.
    """
    name = int.from_bytes(hashlib.sha256(image.path.name.encode()).digest()[:8], "big")
    rng = np.random.default_rng((seed, number, name))
    geometry = sample_geometry((SHAPE[0] / 2, SHAPE[1] / 2), SHAPE[0], config, rng, SHAPE)
    pixels = geometry.image(image.pixels())
    reflections = geometry.reflections(SHAPE) if image.ships and geometry.mirrors(SHAPE) else None
    ships = [part for ship in _ships(image) for part in _moved(ship, geometry, reflections)]
    mask = np.zeros(SHAPE, np.uint8)
    for ship in ships:
        mask |= ship
    if donors and not mask.any() and rng.random() < config.paste:
        pixels, mask = _paste_some(pixels, mask, ships, donors, rng)
    pixels, visible = vary(pixels, mask, config, rng)
    _, jpeg = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    rles = [Rle.from_mask(ship & visible) for ship in ships]
    return jpeg.tobytes(), [rle.to_airbus() for rle in rles if rle.area >= _LEAST_AREA]


def _ships(image: Image) -> list[Rle]:
    try:
        return [parse(text, SHAPE) for text in image.ships]
    except RleFormatError as error:
        raise DatasetError(f"{image.path.name} in ships.csv: {error}") from None


def _moved(ship: Rle, geometry: Geometry, reflections: Array | None) -> list[Array]:
    """The masks of a ship in the crop: none, one, or (where the border is a mirror) one for each reflection."""
    mask = geometry.mask(ship.to_mask())
    if not mask.any():
        return []
    if reflections is None:
        return [mask]
    return [mask & (reflections == number) for number in np.unique(reflections[mask > 0])]


def _paste_some(
    pixels: Array, mask: Array, ships: list[Array], donors: Sequence[Image], rng: Generator
) -> tuple[Array, Array]:
    """Paste one to three ships; each is appended to `ships`."""
    sun, wanted = float(rng.uniform(0, 2 * math.pi)), int(rng.integers(1, _MOST_PASTED + 1))
    for _ in range(_TRIES):
        if not wanted:
            break
        donor = donors[int(rng.integers(len(donors)))]
        rles = _ships(donor)
        cut = cut_donor(donor.pixels(), rles, int(rng.integers(len(rles))))
        if cut is None:
            continue
        pixels, together = paste(pixels, mask, *cut, rng, sun)
        if together is not mask:
            ships.append(together & ~mask)
            mask, wanted = together, wanted - 1
    return pixels, mask

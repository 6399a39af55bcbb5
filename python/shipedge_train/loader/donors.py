"""Ships to paste onto crops without any, cut from the images to learn from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge.rle import parse
from shipedge_train.augment.paste import cut_donor, paste
from shipedge_train.dataset import SHAPE, Image
from shipedge_train.loader.sampling import Sampler, Ship

Array = NDArray[np.uint8]

_TRIES = 3  # many ships are no donors: at a quay, at the border
_ROOM = 256 << 20  # bytes: some ten thousand ships


class Donors:
    """Pastes ships that `sampler` draws; cuts are kept, because cutting one means decoding a whole image.

    Args:
        sampler: draws from the images to learn from, so no ship of another side can come in.
        pixels: decodes an image.
    """

    def __init__(self, sampler: Sampler, pixels: Callable[[Image], Array]) -> None:
        self._sampler, self._pixels = sampler, pixels
        self._cuts: dict[tuple[Image, int], tuple[Array, Array] | None] = {}
        self._room = _ROOM

    def paste(self, image: Array, mask: Array, rng: Generator) -> tuple[Array, Array]:
        """Paste one ship onto a crop; see `shipedge_train.augment.paste`."""
        for _ in range(_TRIES):
            cut = self._cut(self._sampler.ship(rng))
            if cut is not None:
                pasted, together = paste(image, mask, *cut, rng)
                if together is not mask:
                    return pasted, together
        return image, mask

    def _cut(self, ship: Ship) -> tuple[Array, Array] | None:
        key = (ship.image, ship.number)
        if key in self._cuts:
            return self._cuts[key]
        ships = [parse(text, SHAPE) for text in ship.image.ships]
        cut = cut_donor(self._pixels(ship.image), ships, ship.number)
        if cut is not None:
            cut = cut[0].copy(), cut[1]  # a view would keep the whole image in memory
            self._room -= cut[0].nbytes + cut[1].nbytes
        if self._room >= 0:
            self._cuts[key] = cut
        return cut

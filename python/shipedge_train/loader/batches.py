"""Batches for training and scoring: made by threads, the same for any number of them.

Every sample depends on (seed, step, place in the batch) alone, never on which thread made it or when, so a run that is
resumed at step n sees what it would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ConfigError
from shipedge.rle import parse
from shipedge_train.augment.geometry import sample_geometry
from shipedge_train.augment.sample import vary
from shipedge_train.config import AugmentConfig, DataConfig
from shipedge_train.dataset import SHAPE, Image
from shipedge_train.loader.cache import DiskCache, MemoryCache
from shipedge_train.loader.donors import Donors
from shipedge_train.loader.memory import keep_freed_memory
from shipedge_train.loader.sampling import Sampler
from shipedge_train.loader.truth import seams
from shipedge_train.threads import default_workers, in_order

Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]
T = TypeVar("T")
U = TypeVar("U")


class Loader:
    """Endless training batches: (b, crop, crop, 3) uint8 and the truth as float32.

    What is in a batch: `shipedge_train.loader.sampling`.

    Args:
        images: those to learn from.
        data: shares, sizes, threads, cache.
        augmentation: how far samples are varied.
        seed: another one, another order.
        truth: makes the truth of a crop from its mask (crop, crop) of 0 and 1; by default the mask itself, so that a
            batch has (b, crop, crop, 1).
        weights: see `Sampler`. They decide what is drawn: a run that is to be resumed has to keep them.

    Raises:
        DatasetError: see `Sampler`; and from the iterator, when an image cannot be used: names it.
    """

    def __init__(
        self,
        images: Sequence[Image],
        data: DataConfig,
        augmentation: AugmentConfig,
        seed: int,
        truth: Callable[[NDArray[np.uint8]], NDArray[Any]] = np.asarray,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self._images, self._data, self._truth = list(images), data, truth
        self._augment, self._seed = augmentation, seed
        self._cache = DiskCache(data.disk_cache, data.disk_cache_gb) if data.disk_cache else MemoryCache(data.cache_gb)
        self._seams: dict[Image, tuple[NDArray[np.intp], ...]] = {}
        self.weigh(weights or {})

    def weigh(self, weights: Mapping[str, float]) -> None:
        """Draw by other weights from the next call of `batches` on; what was decoded stays in the cache.

        Raises:
            DatasetError: see `Sampler`.
        """
        self._sampler = Sampler(self._images, self._data, weights)
        able = self._augment.paste > 0 and any(image.ships for image in self._images)
        self._donors = Donors(self._sampler, self._pixels) if able else None

    def batches(self, first_step: int = 0, places: range | None = None) -> Generator[Batch, None, None]:
        """Batches from `first_step` on; a few are prefetched. `places` are those of the batch to make, None all."""
        return endless(partial(self.batch, places=places), self._data, first_step)

    def batch(self, step: int, places: range | None = None) -> Batch:
        """The batch of one step, or some places of it."""
        data, places = self._data, range(self._data.batch) if places is None else places
        images = np.empty((len(places), data.crop, data.crop, 3), np.uint8)
        truths = []
        canvas = np.empty(SHAPE, np.uint8)
        for first in range(places.start - places.start % data.crops_per_image, places.stop, data.crops_per_image):
            rng = np.random.default_rng((self._seed, step, first))
            image, centers = self._sampler.draw(rng, min(data.crops_per_image, data.batch - first))
            geometries = [sample_geometry(center, data.crop, self._augment, rng, SHAPE) for center in centers]
            pixels = self._pixels(image, max(geometry.box[3] for geometry in geometries))
            mask = self._mask(image, canvas)
            for place, geometry in enumerate(geometries, first):
                crop, part = geometry.image(pixels), geometry.mask(mask)
                if self._donors is not None and rng.random() < self._augment.paste and not part.any():
                    crop, part = self._donors.paste(crop, part, rng)
                crop, part = vary(crop, part, self._augment, rng)
                if place in places:
                    images[place - places.start] = crop
                    truths.append(self._truth(part).astype(np.float32))  # a copy: the next image draws over this mask
        return images, np.stack(truths)[..., None]

    def _mask(self, image: Image, canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The ships of an image, with water between those that touch where the configuration says so."""
        mask = image.mask(out=canvas)
        if self._data.rim and len(image.ships) > 1:
            if image not in self._seams:
                between = seams([parse(text, SHAPE) for text in image.ships], self._data.rim)
                self._seams[image] = np.nonzero(between.to_mask())
            mask[self._seams[image]] = 0
        return mask

    def _pixels(self, image: Image, rows: int = SHAPE[0]) -> NDArray[np.uint8]:
        """The first rows of an image at least; all of them where they can be kept for the next crop."""
        found = self._cache.find(image)
        if found is None and self._cache.full:
            return image.pixels(rows)
        if found is None:
            found = image.pixels()
            self._cache.keep(image, found)
        return found


def places_of(host: int, hosts: int, batch: int) -> range:
    """The places of every batch that one of several hosts makes: together all, no two the same.

    A sample depends on the seed, the step and its place alone, so hosts need not talk to make one batch.
    """
    return range(host * batch // hosts, (host + 1) * batch // hosts)


def whole_images(
    images: Sequence[Image], batch: int = 4, workers: int = 2
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Whole images for scoring, never varied: (b, 768, 768, 3) uint8 and masks (b, 768, 768) uint8, in order."""

    def load(start: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        some = images[start : start + batch]
        return np.stack([p.pixels() for p in some]), np.stack([p.mask() for p in some])

    return prefetch(load, range(0, len(images), batch), workers)


def endless(batch: Callable[[int], T], data: DataConfig, first_step: int) -> Generator[T, None, None]:
    """The batches from `first_step` on.

    Raises:
        ConfigError: `data.batch` is 0, for which training takes what suits the device.
    """
    if not data.batch:
        raise ConfigError("data.batch is 0, which only training fills in: a loader needs the number of crops")
    return prefetch(batch, count(first_step), data.workers or default_workers())


def prefetch(work: Callable[[T], U], items: Iterable[T], workers: int) -> Generator[U, None, None]:
    """As `in_order`, in a process that keeps freed memory."""
    keep_freed_memory()
    return in_order(work, items, workers)

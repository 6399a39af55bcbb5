"""Batches for training and scoring: decoded by threads, the same for any number of them.

Every sample depends on (seed, step, place in the batch) alone, never on which thread made it or when, so a run that is
resumed at step n sees what it would have seen. OpenCV and the mask core release the GIL, so threads are enough.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.rle import parse
from shipedge_train.augment.geometry import sample_geometry
from shipedge_train.augment.sample import vary
from shipedge_train.config import AugmentConfig, DataConfig
from shipedge_train.dataset import SHAPE, Picture
from shipedge_train.losses import IGNORE

CELL = 32
CELL_PIXELS = 8
"""Ship pixels from which on a cell counts as positive; 1 to 7 are a graze, which training ignores."""

Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]


def presence_grid(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Truth of the detector: (h, w) mask -> (h/32, w/32) of 0 no ship, 0.5 ignore, 1 ship."""
    rows, cols = mask.shape[0] // CELL, mask.shape[1] // CELL
    pixels = mask.reshape(rows, CELL, cols, CELL).sum(axis=(1, 3), dtype=np.int32)
    grid: NDArray[np.float32] = (pixels >= CELL_PIXELS).astype(np.float32)
    grid[(pixels > 0) & (pixels < CELL_PIXELS)] = IGNORE
    return grid


class Cache:
    """Decoded pictures, kept while they fit into `gigabytes`; safe to use from several threads."""

    def __init__(self, gigabytes: float) -> None:
        self._room = int(gigabytes * 1e9)
        self._pictures: dict[Picture, NDArray[np.uint8]] = {}
        self._lock = Lock()

    def pixels(self, picture: Picture) -> NDArray[np.uint8]:
        """(768, 768, 3) uint8 RGB, read-only by agreement."""
        found = self._pictures.get(picture)
        if found is None:
            found = picture.pixels()
            with self._lock:
                if picture not in self._pictures and self._room >= found.nbytes:
                    self._room -= found.nbytes
                    self._pictures[picture] = found
        return found


class Loader:
    """Endless training batches: (b, crop, crop, 3) uint8 and the truth as float32.

    The truth is the mask (b, crop, crop, 1) for the segmenter, the presence grid (b, crop/32, crop/32, 1) for the
    detector. A crop is placed around a random ship (share `ship_share`), in a picture without ships (`empty_share`), or
    anywhere.

    Raises:
        DatasetError: from the iterator, when a picture cannot be used; names it.
    """

    def __init__(
        self, pictures: Sequence[Picture], kind: str, data: DataConfig, augmentation: AugmentConfig, seed: int
    ) -> None:
        self._all = list(pictures)
        self._ships = [p for p in pictures if p.ships]
        self._empty = [p for p in pictures if not p.ships] or self._all
        self._kind, self._data, self._augment, self._seed = kind, data, augmentation, seed
        self._cache = Cache(data.cache_gb)

    def batches(self, first_step: int = 0) -> Generator[Batch, None, None]:
        """Batches from `first_step` on; a few are prepared ahead."""
        cv2.setNumThreads(1)  # threads of our own are busy; OpenCV's would only fight with them
        with ThreadPoolExecutor(self._data.workers) as pool:
            ahead: deque[Future[Batch]] = deque()
            step = first_step
            try:
                while True:
                    while len(ahead) < 2 * self._data.workers + 1:
                        ahead.append(pool.submit(self.batch, step))
                        step += 1
                    yield ahead.popleft().result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def batch(self, step: int) -> Batch:
        """The batch of one step."""
        data = self._data
        images = np.empty((data.batch, data.crop, data.crop, 3), np.uint8)
        masks = np.empty((data.batch, data.crop, data.crop), np.uint8)
        canvas = np.empty(SHAPE, np.uint8)
        for k in range(0, data.batch, data.crops_per_picture):
            rng = np.random.default_rng((self._seed, step, k))
            around_ship, picture = self._choose(rng)
            pixels, mask = self._cache.pixels(picture), picture.mask(out=canvas)
            for place in range(k, min(k + data.crops_per_picture, data.batch)):
                center = self._center(picture.ships if around_ship else (), rng)
                geometry = sample_geometry(center, data.crop, self._augment, rng, SHAPE)
                image, part = geometry.image(pixels), geometry.mask(mask)
                images[place], masks[place] = vary(image, part, self._augment, rng)
        if self._kind == "detector":
            return images, np.stack([presence_grid(m) for m in masks])[..., None]
        return images, masks[..., None].astype(np.float32)

    def _choose(self, rng: np.random.Generator) -> tuple[bool, Picture]:
        kind = rng.random()
        if kind < self._data.ship_share:
            return True, self._ships[rng.integers(len(self._ships))]
        pictures = self._empty if kind < self._data.ship_share + self._data.empty_share else self._all
        return False, pictures[rng.integers(len(pictures))]

    def _center(self, ships: Sequence[str], rng: np.random.Generator) -> tuple[float, float]:
        """(y, x): near one of the ships, each as likely whatever its size; anywhere where there are none."""
        if not ships:
            return rng.uniform(0, SHAPE[0]), rng.uniform(0, SHAPE[1])
        left, top, right, bottom = parse(ships[int(rng.integers(len(ships)))], SHAPE).bbox
        reach = self._data.crop * 0.35  # the ship anywhere in the crop, not always in its middle
        return (top + bottom) / 2 + rng.uniform(-reach, reach), (left + right) / 2 + rng.uniform(-reach, reach)


def whole_pictures(
    pictures: Sequence[Picture], batch: int = 4
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Whole pictures for scoring: (b, 768, 768, 3) uint8 and masks (b, 768, 768) uint8, in order."""
    with ThreadPoolExecutor(2) as pool:
        decoded = pool.map(lambda p: (p.pixels(), p.mask()), pictures)
        for start in range(0, len(pictures), batch):
            some = [next(decoded) for _ in pictures[start : start + batch]]
            yield np.stack([s[0] for s in some]), np.stack([s[1] for s in some])

"""What the works are done on: rows of an Airbus CSV, or ships made up in their likeness."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from shipedge import rle
from shipedge.airbus import open_csv, write_airbus
from shipedge.errors import DatasetError

SHAPE = (768, 768)
LARGE = (10_000, 10_000)
AIRBUS_IMAGES = 192_556

Mask = NDArray[np.uint8]


def made_up_images(count: int, seed: int = 1) -> list[list[str]]:
    """Airbus texts of ships, image by image: two of three images with one ship, few with up to 15."""
    rng = np.random.default_rng(seed)
    crews = np.minimum(15, 1 + rng.pareto(1.5, count).astype(int))
    return [[_ship(rng, SHAPE) for _ in range(crew)] for crew in crews]


def made_up_rows(images: Sequence[Sequence[str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """As many images as Airbus has, 22 of 100 with ships."""
    for i in range(AIRBUS_IMAGES):
        yield f"{i * 2654435761 % 2**32:08x}.jpg", images[i // 9 % len(images)] if i % 9 < 2 else ()


def read_images(path: Path, count: int) -> list[list[str]]:
    """The ships of the first `count` images that have any.

    Raises:
        DatasetError: a row or its text is wrong, or there is no ship at all.
    """
    index = open_csv(path)
    images = {image: ships for image, ships in index.items() if ships}
    if not images:
        raise DatasetError(f"{path} has no ship, expected at least one to measure with")
    chosen = dict(list(images.items())[:count])
    for image in chosen:
        index.ships(image, SHAPE)  # says line and image where a text is wrong
    return list(chosen.values())


def quick_folder() -> TemporaryDirectory[str]:
    """A folder that is gone afterwards, in memory where there is a file system for that."""
    memory = Path("/dev/shm")
    return TemporaryDirectory(prefix="shipedge-bench-", dir=memory if memory.is_dir() else None)


class Material:
    """Texts and masks, each made when it is first asked for by a work; files are written to `folder`."""

    def __init__(self, images: Sequence[Sequence[str]], folder: Path, csv: Path | None = None) -> None:
        self.images = [list(ships) for ships in images]
        self.ships = [ship for ships in self.images for ship in ships]
        self.folder = folder
        self._csv = csv

    @property
    def csv(self) -> Path:
        """The CSV the images are from, unpacked; for made-up ones a CSV as large as the real one."""
        if self._csv is None or self._csv.suffix in {".gz", ".xz"}:
            rows = made_up_rows(self.images) if self._csv is None else open_csv(self._csv).items()
            self._csv = self.folder / "ships.csv"
            write_airbus(self._csv, rows)
        return self._csv

    def ship(self, runs: int) -> str:
        """The ship whose number of runs is nearest."""
        return min(self.ships, key=lambda text: abs(text.count(" ") // 2 + 1 - runs))

    def crowd(self, ships: int = 15) -> list[str]:
        """The fullest image, topped up with ships of the following ones."""
        fullest = max(self.images, key=lambda texts: (min(len(texts), ships), sum(map(len, texts))))
        return (fullest + self.ships * ships)[:ships]

    def rows(self, count: int, first: int = 0) -> list[list[str]]:
        """The ships of so many images, beginning again after the last one."""
        return [self.images[i % len(self.images)] for i in range(first, first + count)]

    def many(self, count: int) -> list[str]:
        """So many ships."""
        return [self.ships[i % len(self.ships)] for i in range(count)]

    def largest(self, count: int) -> list[str]:
        """The ships with the longest texts, in a mixed order."""
        chosen = sorted(self.many(max(count, 1000)), key=len)[-count:]
        return [chosen[i] for i in np.random.default_rng(3).permutation(count)]


def random_mask() -> Mask:
    """Every pixel by the toss of a coin."""
    return (np.random.default_rng(7).random(SHAPE) < 0.5).astype(np.uint8)


def checkerboard() -> Mask:
    """As many runs as a mask can have."""
    y, x = np.ogrid[: SHAPE[0], : SHAPE[1]]
    return ((y + x) % 2).astype(np.uint8)


def blobs() -> Mask:
    """Smoothed noise over a threshold: some 900 small parts of every form."""
    noise = np.random.default_rng(5).random(SHAPE)
    for axis in (0, 1, 0, 1):  # two box filters are roughly a Gaussian
        noise = np.mean([np.roll(noise, shift, axis) for shift in range(-3, 4)], axis=0)
    return (noise > np.quantile(noise, 0.961)).astype(np.uint8)


def large_text() -> str:
    """400 ships on 10,000 x 10,000 pixels."""
    rng = np.random.default_rng(11)
    ships = [rle.parse(_ship(rng, LARGE), LARGE) for _ in range(400)]
    return rle.union(ships, LARGE).to_airbus()


def _ship(rng: np.random.Generator, shape: tuple[int, int]) -> str:
    """One oriented rectangle that shows at least a pixel."""
    height, width = shape
    while True:
        length = float(np.clip(rng.lognormal(3.6, 0.9), 8, 400))
        beam = float(np.clip(length * rng.uniform(0.15, 0.4), 3, 60))
        angle, middle_y, middle_x = rng.uniform(0, np.pi), rng.uniform(0, height), rng.uniform(0, width)
        reach = int(length) // 2 + 4
        top, left = max(0, int(middle_y) - reach), max(0, int(middle_x) - reach)
        dy = np.arange(top, min(height, int(middle_y) + reach))[:, None] - middle_y
        dx = np.arange(left, min(width, int(middle_x) + reach))[None, :] - middle_x
        along = np.abs(dx * np.cos(angle) + dy * np.sin(angle)) <= length / 2
        inside = along & (np.abs(dy * np.cos(angle) - dx * np.sin(angle)) <= beam / 2)
        first = np.argmax(inside, axis=0)  # a rectangle is convex: one run in each column
        lengths = inside.sum(axis=0)
        columns = np.flatnonzero(lengths)
        if columns.size:
            starts = (left + columns) * height + top + first[columns]
            return rle.Rle(np.stack([starts, lengths[columns]], axis=1), shape).to_airbus()

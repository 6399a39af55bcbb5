"""The numbers of a whole dataset folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from shipedge import rle
from shipedge_train.data.compare.ships import describe_ship
from shipedge_train.data.compare.statistics import Numbers, describe, jpeg_quality
from shipedge_train.dataset import SHAPE, Image

Samples = dict[str, list[float]]


def _image(image: Image) -> Numbers:
    data = image.path.read_bytes()
    numbers = describe(image.pixels())
    numbers["ships per image"] = float(len(image.ships))
    numbers["bytes per pixel"] = len(data) / (SHAPE[0] * SHAPE[1])
    quality = jpeg_quality(data)
    return numbers if quality is None else numbers | {"JPEG quality": quality}


def collect(images: Sequence[Image], progress: Callable[[], object] = lambda: None) -> Samples:
    """Every number of every image and of every ship.

    Raises:
        DatasetError: an image cannot be decoded.
    """
    samples: Samples = {}
    for image in images:
        rows = [_image(image)]
        pixels, union = image.pixels(), image.mask()
        for ship in image.ships:
            row = describe_ship(pixels, rle.decode(ship, SHAPE).astype(np.uint8), union)
            if row is not None:
                rows.append(row)
        for row in rows:
            for name, value in row.items():
                samples.setdefault(name, []).append(value)
        progress()
    return samples

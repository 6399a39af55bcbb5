"""Milliseconds of each part, as docs/records/speed.md lists them: python tests/augment_table.py DIR."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from shipedge_train.augment.geometry import sample_geometry
from shipedge_train.augment.paste import paste
from shipedge_train.augment.sample import vary
from shipedge_train.augment.sheet import NOTHING, STRENGTHS, find_donors, switches
from shipedge_train.config import AugmentConfig
from shipedge_train.dataset import SHAPE, pick_evenly, read_dataset

_CROP = 256
_ROUNDS = 300


def time_parts(folder: Path) -> dict[str, float]:
    """Median milliseconds per 256x256 crop on one thread: name of the part -> all that is done where it is certain."""
    cv2.setNumThreads(1)
    images = pick_evenly(read_dataset(folder), 24)
    samples = [(image.pixels(), image.mask()) for image in images]
    donors = find_donors(images, np.random.default_rng(0), _CROP)
    default, water = AugmentConfig(), np.zeros((_CROP, _CROP), np.uint8)
    certain: dict[str, Any] = {name: getattr(default, name) if name in STRENGTHS else 1.0 for name in switches(default)}
    rng = np.random.default_rng(1)

    def crop(config: AugmentConfig) -> Callable[[int], object]:
        def make(k: int) -> object:
            image, mask = samples[k % len(samples)]
            center = (rng.uniform(0, SHAPE[0]), rng.uniform(0, SHAPE[1]))
            geometry = sample_geometry(center, _CROP, config, rng, SHAPE)
            return vary(geometry.image(image), geometry.mask(mask), config, rng)

        return make

    parts = {"nothing": crop(NOTHING)}
    parts |= {name: crop(replace(NOTHING, **{name: value})) for name, value in certain.items() if name != "paste"}
    parts |= {"defaults": crop(default), "everything": crop(replace(default, **certain | {"gray": default.gray}))}
    if donors:
        middle = [image[256:512, 256:512] for image, _ in samples]
        parts["paste"] = lambda k: paste(middle[k % len(middle)], water, *donors[k % len(donors)], rng)
    return {name: _median_ms(make) for name, make in parts.items()}


def _median_ms(make: Callable[[int], object]) -> float:
    times = []
    for k in range(_ROUNDS + 20):  # the first rounds make the fields and warm the caches
        started = time.perf_counter()
        make(k)
        times.append(time.perf_counter() - started)
    return float(np.median(times[20:])) * 1e3


if __name__ == "__main__":
    for part, milliseconds in time_parts(Path(sys.argv[1])).items():
        sys.stdout.write(f"{part:10} {milliseconds:.3f}\n")

"""Counts and quantiles of a dataset: its rows, and its images where they are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge.rle import Rle, areas
from shipedge_train.data.verify.shapes import outer_points

QUANTILES = {"min": 0.0, "p5": 0.05, "median": 0.5, "p95": 0.95, "max": 1.0}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was counted.

    Attributes:
        images: named by rows or there as images.
        per_image: ships of each image that rows speak of.
        area: of each ship, pixels.
        length: longer side of the smallest rectangle around each ship, at any angle, pixels.
        width: the shorter side.
        runs: of each ship.
        brightness: mean grey value of each image, 0..255.
        color: (n, 3) mean RGB of each image.
        sizes: (height, width) -> number of images.
        unreadable: images that could not be decoded.
    """

    per_image: NDArray[np.int64]
    area: NDArray[np.float64]
    length: NDArray[np.float64]
    width: NDArray[np.float64]
    runs: NDArray[np.int64]
    shape: tuple[int, int]
    brightness: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    color: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    sizes: Mapping[tuple[int, int], int] = field(default_factory=dict)
    unreadable: int = 0

    def summary(self) -> dict[str, Any]:
        """All numbers for machines; None where there is nothing to count."""
        images, ship_images = len(self.per_image), int((self.per_image > 0).sum())
        covered = float(self.area.sum()) / (self.shape[0] * self.shape[1])
        return {
            "format": 1,
            "images": images,
            "ship_images": ship_images,
            "empty_share": (images - ship_images) / images if images else None,
            "ships": len(self.area),
            "ships_per_image": dict(sorted(Counter(self.per_image.tolist()).items())),
            "ship_pixel_share": covered / images if images else None,
            "ship_pixel_share_of_ship_images": covered / ship_images if ship_images else None,
            "area": spread(self.area),
            "length": spread(self.length),
            "width": spread(self.width),
            "runs": spread(self.runs),
            "image_files": sum(self.sizes.values()),
            "unreadable": self.unreadable,
            "sizes": [{"height": h, "width": w, "images": count} for (h, w), count in self.sizes.items()],
            "brightness": spread(self.brightness),
            "color": dict(zip(("red", "green", "blue"), map(spread, self.color.T), strict=True)),
        }


def spread(values: NDArray[Any]) -> dict[str, float] | None:
    """Mean and quantiles; None of nothing."""
    if not len(values):
        return None
    found = np.quantile(values, list(QUANTILES.values())).tolist()
    return {"mean": float(values.mean()), **dict(zip(QUANTILES, found, strict=True))}


def ship_sizes(ships: Sequence[Rle]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(length, width) of the smallest rectangle around each mask, at any angle, pixels."""
    sides = np.array([cv2.minAreaRect(points)[1] for points in outer_points(ships)], np.float64).reshape(-1, 2)
    return sides.max(axis=1), sides.min(axis=1)


def count_rows(ships: Mapping[str, Sequence[Rle]], images: Sequence[str], shape: tuple[int, int]) -> dict[str, Any]:
    """The part of `Numbers` that rows tell."""
    masks = [ship for group in ships.values() for ship in group]
    length, width = ship_sizes(masks)
    return {
        "per_image": np.array([len(ships.get(image, ())) for image in images], np.int64),
        "area": areas(masks).astype(np.float64),
        "length": length,
        "width": width,
        "runs": np.array([len(ship.runs) for ship in masks], np.int64),
        "shape": shape,
    }

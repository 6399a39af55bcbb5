"""Probabilities -> the parts that may be ships. The tuning of the thresholds runs this file too."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge.bundle import Thresholds
from shipedge.rle import Rle, components, from_polygons, union

__all__ = ["find_parts", "is_sure", "level", "rectangles"]

_RECTANGULAR = 0.6
"""Share of the rectangle that a part must fill to become it: a ship with a bow does, a bent wake does not."""
_OBLONG = 1.3
"""Length over width from which second moments say where a part points; those of a square are the same all round."""

Pixels = NDArray[np.uint8]


def level(threshold: float) -> int:
    """The smallest uint8 value v with v / 256 >= threshold; 255 where only 256 would do."""
    return min(ceil(threshold * 256), 255)


def find_parts(probability: Pixels, thresholds: Thresholds, mask: NDArray[np.bool_] | None = None) -> list[Rle]:
    """The connected parts that are large enough, those of touching ships taken apart.

    Args:
        probability: (height, width) uint8, probability * 256.
        thresholds: `pixel`, `min_area`, `core` and `fill_holes` are used.
        mask: (height, width) bool, working memory.
    """
    mask = np.greater_equal(probability, level(thresholds.pixel), out=mask)
    parts = components(mask, 8, thresholds.min_area)
    if thresholds.core > thresholds.pixel:
        parts = [piece for part in parts for piece in _split(part, probability, thresholds)]
    # A hole of one ship may hold another part (an islet of pixels, a boat in a dock): that one stays what it is.
    return [_filled(part, mask) for part in parts] if thresholds.fill_holes else parts


def is_sure(area: Any, score: Any, thresholds: Thresholds) -> Any:
    """Small parts are the most frequent false ones: below `small_area` pixels they need a mean of `small_score`.

    Takes numbers or arrays of them.
    """
    return (area >= thresholds.small_area) | (score >= thresholds.small_score)


def _split(part: Rle, probability: Pixels, thresholds: Thresholds) -> list[Rle]:
    """Cut a part where it falls apart at the probability `core`: every pixel goes to the nearest core."""
    left, top, right, bottom = part.bbox
    place = (slice(top, bottom), slice(left, right))
    inside = part.crop(part.bbox).to_mask()
    cores = components((probability[place] >= level(thresholds.core)) & (inside > 0), 8, thresholds.min_area)
    if len(cores) < 2:
        return [part]
    import cv2  # only where ships touch: it takes longer to import than a picture to segment

    away = np.ones_like(inside)
    for core in cores:
        away &= 1 - core.to_mask()
    _, nearest = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    height, width = part.shape
    pieces = []
    for label in np.unique(nearest[inside > 0]):
        for piece in components((nearest == label) & (inside > 0), 8, thresholds.min_area):
            pieces.append(piece.pad(top, height - bottom, left, width - right))
    return pieces


def _filled(part: Rle, mask: NDArray[np.bool_]) -> Rle:
    """The part with its holes, but for what is ship in them."""
    filled = part.fill_holes()
    if filled.area == part.area:
        return part
    return filled - (Rle.from_mask(mask) - part)


def rectangles(parts: list[Rle]) -> list[Rle]:
    """As what parts are shown: each as its rectangle, without pixels of another part or of a rectangle before it.

    All parts of a mask belong in one call, also those that are dropped later, so that the tuning sees the same shapes.
    """
    if not parts:
        return []
    height, width = parts[0].shape
    taken = union(parts, parts[0].shape).to_mask()
    shown = []
    for part in parts:
        shape = _rectangle(part)
        left, top, right, bottom = box = shape.bbox
        place = taken[top:bottom, left:right]
        free = shape.crop(box).to_mask() & ((1 - place) | part.crop(box).to_mask())
        place |= free
        shown.append(Rle.from_mask(free).pad(top, height - bottom, left, width - right) or part)
    return shown


def _rectangle(part: Rle) -> Rle:
    """The rectangle that a part is most of; the part itself where it is nothing like one.

    Where it points and how wide it is say the second moments: a rectangle of width w has the variance w^2 / 12 across,
    so w = sqrt(12 v) for the smaller eigenvalue v of the covariance of its pixels (and of the area of each, 1 / 12).
    """
    left, top = part.bbox[:2]
    y, x = np.nonzero(part.crop(part.bbox).to_mask())
    spread = np.cov(np.stack([x, y]), bias=True) + np.eye(2) / 12
    values, axes = np.linalg.eigh(spread)
    sides = np.sqrt(12 * values)
    if part.area < _RECTANGULAR * sides.prod() or sides[1] < _OBLONG * sides[0]:
        return part
    middle = np.array([x.mean(), y.mean()])
    low, high = _ends((x - middle[0]) * axes[0, 1] + (y - middle[1]) * axes[1, 1])
    middle += np.array([left, top]) + 0.5 + axes[:, 1] * (low + high) / 2
    across, along = axes[:, 0] * sides[0] / 2, axes[:, 1] * (high - low) / 2
    corners = np.stack(
        [middle + along + across, middle + along - across, middle - along - across, middle - along + across]
    )
    return from_polygons([corners], part.shape) or part


def _ends(along: NDArray[np.float64]) -> tuple[float, float]:
    """Where a ship begins and ends whose pixels have these positions along it.

    Labels reach to the tip of the bow. Second moments fall short of it, because a bow has few pixels, and the outermost
    pixel is whatever a ragged border left. In between lies the eighth moment about the centre that makes it smallest:
    over a length of 2 h it is h^8 / 9. A pixel counts as a stretch of length 1, so rectangles come out exact.
    """
    centre = 0.0
    for _ in range(4):  # Newton's steps; two more change nothing
        off = along - centre
        centre += float((off**7).mean() / (7 * max((off**6).mean(), 1e-9)))
    off = along - centre
    half = float(((off + 0.5) ** 9 - (off - 0.5) ** 9).mean()) ** (1 / 8)
    return centre - half, centre + half

"""Ships of one image pasted onto the water of another: the lever where few images are labelled.

A ship comes with the water around it. What looks like that water is left behind and what does not (hull, foam, wake)
goes along, faded out with its distance from the ship, shifted to the color of the water where it lands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge.rle import Rle, union
from shipedge_train.augment.sample import check_pair

Array = NDArray[np.uint8]
Color = NDArray[np.float32]

_CELL = 8  # pixels; where a ship may land is judged on cells
_ROUGH = 9.0  # grey levels; over this deviation a place is no open water
_BRIGHT = 170.0  # grey levels; over this it is cloud, sand or ice
_TRIES = 24
_FAINT = 8.0  # grey levels beyond the waves' own; a ship that stands out less is a label without a ship
_NEAR = 4  # pixels between a pasted ship and any other


def cut_donor(pixels: Array, ships: Sequence[Rle], k: int) -> tuple[Array, Array] | None:
    """Cut ship `k` out of its image with the water around it: ((h, w, 3) uint8, its mask (h, w) uint8).

    None where it is no donor: a part of it lies outside the image, another ship is near, or it lies at a quay.
    """
    left, top, right, bottom = ships[k].bbox
    height, width = ships[k].shape
    if min(left, top) < 2 or right > width - 2 or bottom > height - 2:
        return None
    margin = min(max(8, max(right - left, bottom - top) // 2), 48)
    box = (max(left - margin, 0), max(top - margin, 0), min(right + margin, width), min(bottom + margin, height))
    others = union([ship for i, ship in enumerate(ships) if i != k], ships[k].shape).crop(box)
    image, mask = pixels[box[1] : box[3], box[0] : box[2]], ships[k].crop(box).to_mask()
    water = _water(image, mask)
    # Single pixels of a sea differ more than its cells do.
    if others or water is None or not _is_water(water[0], water[1] / 2):
        return None
    return image, mask


def paste(
    image: Array, mask: Array, donor_image: Array, donor_mask: Array, rng: Generator, sun: float | None = None
) -> tuple[Array, Array]:
    """Paste one ship, turned, mirrored and scaled at random, onto smooth water that no ship is near.

    Args:
        image: (h, w, 3) uint8 RGB.
        mask: (h, w) uint8, 0 and 1; all ships of the image.
        donor_image: (a, b, 3) uint8 RGB: one ship with the water around it, of any size.
        donor_mask: (a, b) uint8, 0 and 1: that ship.
        rng: where randomness comes from.
        sun: direction in which shadows fall, radians; one for all ships of an image. Drawn where it is None.

    Returns:
        A new image and mask; the mask has exactly the pasted ship more. The inputs themselves where there is no
        room, or where the ship would not be seen.

    Raises:
        DatasetError: an image or mask is none; see `check_pair`.
    """
    check_pair(image, mask)
    check_pair(donor_image, donor_mask)
    sun = float(rng.uniform(0, 2 * math.pi)) if sun is None else sun
    donor_image, donor_mask = _turned(donor_image, donor_mask, rng)
    place = _landing(image, mask, donor_mask.shape, rng) if donor_mask.any() else None
    if place is None:
        return image, mask
    part = image[place]
    mean, deviation = (values.ravel().astype(np.float32) for values in cv2.meanStdDev(part))
    water = _water(donor_image, donor_mask)
    there, texture = water if water is not None else (mean, 0.0)
    visible = _visible(donor_image, donor_mask, there, texture, rng)[..., np.newaxis]
    # Water takes the new color altogether, a hull only in part: light changes it, the color of the sea does not.
    shift = (1 - np.float32(rng.uniform(0.2, 0.8)) * visible) * (mean - there)
    contrast = (donor_image - there) * np.float32(rng.uniform(0.8, 1.2)) + shift - (mean - there)
    if np.abs(visible * contrast).max(axis=2)[donor_mask > 0].mean() < _FAINT + deviation.max():
        return image, mask
    ground = part * (1 - _shadow(donor_mask, sun, rng))[..., np.newaxis]
    image, mask = image.copy(), mask.copy()
    image[place] = np.clip(ground + visible * (contrast + mean - ground) + np.float32(0.5), 0, 255)
    mask[place] |= donor_mask
    return image, mask


def _turned(image: Array, mask: Array, rng: Generator) -> tuple[Array, Array]:
    """Any angle, mirrored or not, 0.75 to 1.33 times as large; what was not in the cut has no ship."""
    height, width = mask.shape
    angle, scale = rng.uniform(0, 2 * math.pi), 0.75 ** rng.uniform(-1, 1)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    mirror = -1 if rng.random() < 0.5 else 1
    matrix = np.array([[cos * mirror, -sin, 0], [sin * mirror, cos, 0]])
    size = (math.ceil(abs(cos) * width + abs(sin) * height), math.ceil(abs(sin) * width + abs(cos) * height))
    matrix[:, 2] = (np.array(size) - 1) / 2 - matrix[:, :2] @ ((width - 1) / 2, (height - 1) / 2)
    turned = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    turned_mask = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    return turned.astype(np.uint8, copy=False), turned_mask.astype(np.uint8, copy=False)


def _landing(image: Array, mask: Array, size: tuple[int, ...], rng: Generator) -> tuple[slice, slice] | None:
    """A random place of `size` (height, width) pixels that looks like open water and has no ship near; None: none."""
    height, width = size
    if height >= mask.shape[0] or width >= mask.shape[1]:
        return None
    for _ in range(_TRIES):
        top, left = int(rng.integers(mask.shape[0] - height)), int(rng.integers(mask.shape[1] - width))
        near = mask[max(top - _NEAR, 0) : top + height + _NEAR, max(left - _NEAR, 0) : left + width + _NEAR]
        place = (slice(top, top + height), slice(left, left + width))
        if not near.any() and _is_water(*_look(image[place])):
            return place
    return None


def _look(part: Array) -> tuple[Color, float]:
    """Mean color and deviation about it of a place, seen in cells so that waves do not count."""
    cells = cv2.resize(
        part, (max(part.shape[1] // _CELL, 2), max(part.shape[0] // _CELL, 2)), interpolation=cv2.INTER_AREA
    )
    mean, deviation = cv2.meanStdDev(cells)
    return mean.ravel().astype(np.float32), float(deviation.max())


def _is_water(color: Color, deviation: float) -> bool:
    """Smooth, not bright, and not redder than blue, as soil and plants are."""
    return deviation < _ROUGH and float(color.mean()) < _BRIGHT and float(color[2] + 6 - color[0]) > 0


def _water(image: Array, mask: Array) -> tuple[Color, float] | None:
    """Median color of the water around a ship and the usual distance from it; None where no pixel is around."""
    around = image[cv2.dilate(mask, np.ones((7, 7), np.uint8)) == 0]
    if not len(around):
        return None
    around = around[:: max(len(around) // 1000, 1)].astype(np.float32)
    color = np.median(around, axis=0)
    return color, float(np.median(np.abs(around - color).max(axis=1)))


def _visible(image: Array, mask: Array, water: Color, texture: float, rng: Generator) -> NDArray[np.float32]:
    """How far each pixel of a donor covers what it lands on: (h, w) float32, 0 to 1.

    Opaque where it differs from its water, transparent where it does not; beyond the ship it fades with the distance,
    quickly or, so that a wake comes along, slowly.
    """
    unlike = np.abs(image - water).max(axis=2)
    level = max(texture, 2.0)
    matte = np.clip((unlike - 2 * level) / (3 * level), 0, 1).astype(np.float32)
    matte = cv2.morphologyEx(matte, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    matte = cv2.GaussianBlur(matte, (3, 3), 0.7).astype(np.float32, copy=False)
    distance = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 3)
    # What surrounds the mask must be gone before the cut ends.
    edge = float(np.concatenate([distance[0], distance[-1], distance[:, 0], distance[:, -1]]).min())
    reach = max(min(edge, 3.0 if rng.random() < 0.5 else 48.0), 1.0)
    visible: NDArray[np.float32] = matte * np.clip(1 - distance / np.float32(reach), 0, 1)
    return visible


def _shadow(mask: Array, sun: float, rng: Generator) -> NDArray[np.float32]:
    """How much darker the ground is beside the ship: (h, w) float32; its length grows with the ship's width."""
    half_width = float(cv2.distanceTransform(mask, cv2.DIST_L2, 3).max())
    length = float(rng.uniform(0.1, 0.7)) * half_width
    matrix = np.array([[1, 0, length * math.cos(sun)], [0, 1, length * math.sin(sun)]])
    shadow = cv2.warpAffine(mask.astype(np.float32), matrix, mask.shape[::-1], flags=cv2.INTER_LINEAR)
    soft = 0.6 + 0.2 * length
    side = 2 * math.ceil(2 * soft) + 1
    return cv2.GaussianBlur(shadow, (side, side), soft).astype(np.float32, copy=False) * np.float32(rng.uniform(0, 0.4))

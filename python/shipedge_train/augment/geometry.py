"""Where the pixels of a crop come from: one affine map for image and mask.

Flip, quarter turn, rotation, scale, shear and shift are multiplied into one matrix, so that an image is interpolated
once, however many of them take part, and a mask cannot go another way than its image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge_train.config import AugmentConfig

Array = NDArray[np.uint8]
Linear = tuple[tuple[float, float], tuple[float, float]]
Box = tuple[int, int, int, int]

# Rows (of x, of y) of the eight symmetries of the square: what a step in the crop is in the image.
_SYMMETRIES: tuple[Linear, ...] = (
    ((1, 0), (0, 1)), ((-1, 0), (0, 1)), ((1, 0), (0, -1)), ((-1, 0), (0, -1)),
    ((0, 1), (1, 0)), ((0, -1), (1, 0)), ((0, 1), (-1, 0)), ((0, -1), (-1, 0)),
)  # fmt: skip
# Decoders skip whole blocks of a JPEG, and a box of whole blocks can be halved without a remainder.
_BLOCK = 8


@dataclass(frozen=True, slots=True)
class Geometry:
    """The way from an image to one crop of it.

    Attributes:
        size: side of the crop, pixels.
        linear: what one step in the crop, (x, y), is in the image.
        offset: (x, y) in the image of the crop's first pixel; index of a pixel = its middle.
        scale: crop pixels per image pixel; over 1 is magnified.
        exact: every pixel of the crop is one pixel of the image; nothing is interpolated.
        box: (left, top, right, bottom) of the part of the image that is drawn from: half-open, inside the image.
            What the crop shows beyond the image's border is mirrored from there.
    """

    size: int
    linear: Linear
    offset: tuple[float, float]
    scale: float
    exact: bool
    box: Box

    def image(self, pixels: Array, origin: tuple[int, int] = (0, 0), reduced: int = 1) -> Array:
        """The crop of an image: (h, w, 3) uint8 -> (size, size, 3) uint8.

        An exact crop may be a view of `pixels`: not to be written to.

        Args:
            pixels: the whole image, or a part that holds `box`.
            origin: (left, top) of that part in the image: `box[:2]` where it is the box.
            reduced: image pixels per pixel of `pixels`, along each side, where it was decoded smaller.
        """
        if self.exact and reduced == 1:
            return self._copied(pixels, origin)
        step = float(reduced)
        if reduced == 1:
            pixels = self._cut(pixels, origin)
            origin = self.box[:2]
        while self.scale * step <= 0.5 and pixels.shape[0] % 2 == pixels.shape[1] % 2 == 0:
            half = (pixels.shape[1] // 2, pixels.shape[0] // 2)  # bilinear sampling would step over pixels
            pixels = cv2.resize(pixels, half, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
            step *= 2
        # OpenCV interpolates four channels in half the time that it takes for three.
        four = cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA).astype(np.uint8, copy=False)
        crop = self._warped(four, self._matrix(origin, step), cv2.INTER_LINEAR)
        return cv2.cvtColor(crop, cv2.COLOR_RGBA2RGB).astype(np.uint8, copy=False)

    def mask(self, mask: Array, origin: tuple[int, int] = (0, 0)) -> Array:
        """The crop of a mask by nearest neighbour: (h, w) uint8 -> (size, size) uint8 with the same values.

        An exact crop may be a view of `mask`: not to be written to. `origin` as in `image`.
        """
        if self.exact:
            return self._copied(mask, origin)
        return self._warped(mask, self._matrix(origin, 1.0), cv2.INTER_NEAREST)

    def mirrors(self, shape: tuple[int, int]) -> bool:
        """Whether the crop shows something beyond the border of an image of (height, width) pixels."""
        (left, right), (top, bottom) = _reach(self.linear, self.offset, self.size)
        return min(left, top) < -0.5 or right > shape[1] - 0.5 or bottom > shape[0] - 0.5

    def reflections(self, shape: tuple[int, int]) -> Array:
        """Which reflection of an image of (height, width) pixels each pixel shows: (size, size) uint8.

        4 is the image itself; above its border 1, to the left 3, to the right 5, below 7, and so on over the corners.
        """
        (xx, xy), (yx, yy) = self.linear
        step = np.arange(self.size)
        x = xx * step + xy * step[:, np.newaxis] + self.offset[0]
        y = yx * step + yy * step[:, np.newaxis] + self.offset[1]
        number: Array = (x >= -0.5).astype(np.uint8)
        number += x >= shape[1] - 0.5
        number += np.uint8(3) * ((y >= -0.5).astype(np.uint8) + (y >= shape[0] - 0.5))
        return number

    def _matrix(self, origin: tuple[int, int], step: float) -> NDArray[np.float64]:
        """Crop index -> index in an array that begins at `origin` and whose pixels are `step` image pixels wide."""
        (xx, xy), (yx, yy) = self.linear
        x = (self.offset[0] + 0.5 - origin[0]) / step - 0.5
        y = (self.offset[1] + 0.5 - origin[1]) / step - 0.5
        return np.array([[xx / step, xy / step, x], [yx / step, yy / step, y]])

    def _warped(self, pixels: Array, matrix: NDArray[np.float64], interpolation: int) -> Array:
        return cv2.warpAffine(
            pixels,
            matrix,
            (self.size, self.size),
            flags=interpolation | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        ).astype(np.uint8, copy=False)

    def _cut(self, pixels: Array, origin: tuple[int, int]) -> Array:
        left, top, right, bottom = self.box
        return pixels[top - origin[1] : bottom - origin[1], left - origin[0] : right - origin[0]]

    def _copied(self, pixels: Array, origin: tuple[int, int]) -> Array:
        """Slices, mirrored beyond the border, turned."""
        (xx, xy), (yx, yy) = self.linear
        (x, _), (y, _) = _reach(self.linear, self.offset, self.size)
        left, top = int(x), int(y)
        pixels = self._cut(pixels, origin)
        before, above = self.box[0] - left, self.box[1] - top
        after, below = left + self.size - self.box[2], top + self.size - self.box[3]
        if max(before, above, after, below) > 0:
            pixels = cv2.copyMakeBorder(
                pixels, max(above, 0), max(below, 0), max(before, 0), max(after, 0), cv2.BORDER_REFLECT_101
            ).astype(np.uint8, copy=False)
            before, above = min(before, 0), min(above, 0)
        pixels = pixels[-above : self.size - above, -before : self.size - before]
        if xx == 0:
            pixels = cv2.transpose(pixels).astype(np.uint8, copy=False)
        # Transposed, the crop's x runs along the image's y.
        mirror_x, mirror_y = (xx or yx) < 0, (yy or xy) < 0
        if mirror_x or mirror_y:
            pixels = cv2.flip(pixels, -1 if mirror_x and mirror_y else int(mirror_x)).astype(np.uint8, copy=False)
        return pixels


def sample_geometry(
    center: tuple[float, float],
    size: int,
    config: AugmentConfig,
    rng: Generator,
    shape: tuple[int, int] = (768, 768),
) -> Geometry:
    """Draw the geometry of one crop.

    It stays within the image where its size allows, turned and scaled as it is; only a crop that is too large for
    that shows the mirrored continuation.

    Args:
        center: (y, x) that lies in the middle of the crop where the image's border allows, pixels.
        size: side of the crop, pixels.
        config: how far to go.
        rng: where randomness comes from.
        shape: (height, width) of the image.
    """
    turn = _SYMMETRIES[int(rng.integers(8))] if config.flips else _SYMMETRIES[0]
    aside = config.shift * size
    center = (center[0] + aside * rng.uniform(-1, 1), center[1] + aside * rng.uniform(-1, 1))
    exact = bool(rng.random() >= config.warp)
    linear, scale = (turn, 1.0) if exact else _bend(turn, config, rng)
    x, y = (
        _inside(center[axis], (abs(step[0]) + abs(step[1])) * size / 2, shape[axis])
        for axis, step in ((1, linear[0]), (0, linear[1]))
    )
    if exact:
        x, y = round(x - size / 2) + size / 2, round(y - size / 2) + size / 2
    to_first = -(size - 1) / 2
    offset = (x - 0.5 + sum(linear[0]) * to_first, y - 0.5 + sum(linear[1]) * to_first)
    return Geometry(size, linear, offset, scale, exact, _box(_reach(linear, offset, size), exact, shape))


def _bend(turn: Linear, config: AugmentConfig, rng: Generator) -> tuple[Linear, float]:
    """Rotation, scale and shear after the turn: (linear part, crop pixels per image pixel)."""
    scale = config.scale ** rng.uniform(-1, 1)
    angle = math.radians(config.rotation) * rng.uniform(-1, 1)
    shear = math.tan(math.radians(config.shear) * rng.uniform(-1, 1))
    cos, sin = math.cos(angle) / scale, math.sin(angle) / scale
    # rotation times ((1, shear), (0, 1)): shear keeps areas
    a, b, c, d = cos, cos * shear - sin, sin, sin * shear + cos
    (xx, xy), (yx, yy) = turn
    return ((a * xx + b * yx, a * xy + b * yy), (c * xx + d * yx, c * xy + d * yy)), scale


def _inside(center: float, half: float, length: int) -> float:
    """The place next to `center` from which `half` to both sides lies in the image; its middle where none does."""
    return length / 2 if 2 * half >= length else min(max(center, half), length - half)


def _reach(linear: Linear, offset: tuple[float, float], size: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """The least and the greatest x, then y, of the crop's pixels in the image, beyond its border too."""
    last = size - 1
    x, y = (
        (start + min(0, along * last) + min(0, down * last), start + max(0, along * last) + max(0, down * last))
        for (along, down), start in zip(linear, offset, strict=True)
    )
    return x, y


def _box(reach: tuple[tuple[float, float], tuple[float, float]], exact: bool, shape: tuple[int, int]) -> Box:
    """The part of the image that a crop of this reach needs."""
    sides = []
    for (least, greatest), length in zip(reach, shape[::-1], strict=True):
        low, high = math.floor(least), math.ceil(greatest) + 1
        if exact:
            sides.append(_mirrored(low, high, length))
            continue
        low, high = _mirrored(low - 1, high + 1, length)  # the neighbours that interpolation reaches for
        sides.append((low // _BLOCK * _BLOCK, min(-(-high // _BLOCK) * _BLOCK, length)))
    (left, right), (top, bottom) = sides
    return left, top, right, bottom


def _mirrored(low: int, high: int, length: int) -> tuple[int, int]:
    """Where in a row of `length` pixels the positions low .. high-1 come from when it goes on mirrored."""
    first, end = low, high
    if low < 0:
        end = max(end, 1 - low)  # position -k shows pixel k
    if high > length:
        first = min(first, 2 * length - 1 - high)  # position length-1+k shows pixel length-1-k
    return max(first, 0), min(end, length)

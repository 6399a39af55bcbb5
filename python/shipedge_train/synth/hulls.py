"""A small supersampled easel in hull coordinates: outline, blocks with walls and shadows, blended into the scene."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from shipedge_train.synth.light import Light
from shipedge_train.synth.palette import Color, shade

Floats = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

_SHIFT = 4  # fractional bits of OpenCV's polygon coordinates


@dataclass(frozen=True, slots=True)
class View:
    """What all vessels of one scene share.

    Attributes:
        light: The sun.
        gain: Factor per channel from a paint's color to display values (exposure and color cast).
        veil: Share of the sea's color mixed into everything, 0 (clear) to 1 (invisible).
        sea: Typical display color of the sea.
        lean: Displacement (dx, dy) in pixels of a top per pixel of height, from a camera that looks aslant.
    """

    light: Light
    gain: Color
    veil: float
    sea: Color
    lean: tuple[float, float]


def outline(bow: float, power: float, stern: float, transom: float, steps: int = 9) -> Points:
    """Hull outline in unit coordinates, bow at u = +0.5: (n, 2) of (u, v) in [-0.5, 0.5].

    Args:
        bow: Share of the length over which the bow narrows.
        power: Fullness of the bow, 1 (a triangle) to 3 (almost square).
        stern: Share of the length over which the stern narrows.
        transom: Width of the stern's end relative to the beam.
        steps: Points for the bow of one side.
    """
    t = np.linspace(0, 1, steps)
    u = 0.5 - bow * (1 - np.sin(t * math.pi / 2))
    half = 0.5 * np.power(1 - np.power(np.sin(t * math.pi / 2), power), 1 / max(power, 1.05))
    side = np.stack([u, half], axis=1)
    aft = np.array([[-0.5, 0.5 * transom], [-0.5 + stern * 0.4, 0.25 * (1 + transom)], [-0.5 + stern, 0.5]])
    port = np.concatenate([aft, side])
    return np.concatenate([port, (port * (1, -1))[::-1]])


class Easel:
    """Draws one vessel centred on (0, 0) in hull coordinates: pixels, u towards the bow, v across."""

    def __init__(
        self, size: tuple[float, float], center: tuple[float, float], angle: float, view: View, reach: float
    ) -> None:
        """Prepare the patch.

        Args:
            size: Length and width of the hull, pixels.
            center: Hull centre (x, y) in the image; pixel (i, j) covers [j, j + 1) x [i, i + 1).
            angle: Heading of the bow, radians, image axes (x right, y down).
            view: What the scene's vessels share.
            reach: Free margin in pixels for shadows, booms and leaning tops.
        """
        length, width = size
        self.length, self.width, self.angle, self.view = length, width, angle, view
        # Colors of small craft blend into each other below the sensor's resolution for color.
        self.muted = 0.3 if length < 30 else 0.2 if length < 60 else 0.05
        self.scale = 4 if length < 48 else 3 if length < 140 else 2
        self._cos, self._sin = math.cos(angle), math.sin(angle)
        extent_x = abs(self._cos) * length / 2 + abs(self._sin) * width / 2 + reach
        extent_y = abs(self._sin) * length / 2 + abs(self._cos) * width / 2 + reach
        self.half_x, self.half_y = math.ceil(extent_x) + 1, math.ceil(extent_y) + 1
        column, row = math.floor(center[0]), math.floor(center[1])
        self.left, self.top = column - self.half_x, row - self.half_y
        self._middle = (center[0] - self.left, center[1] - self.top)
        shape = (2 * self.half_y * self.scale, 2 * self.half_x * self.scale)
        self.rgb = np.zeros((*shape, 3), np.uint8)
        self.alpha = np.zeros(shape, np.uint8)
        self.shadow = np.zeros(shape, np.uint8)

    def unit(self, points: Points) -> Points:
        """Outline points in unit coordinates to hull pixels."""
        return points * (self.length, self.width)

    def _fixed(self, points: Points, offset: tuple[float, float] = (0.0, 0.0)) -> npt.NDArray[np.int32]:
        """Hull coordinates to the patch's fixed-point coordinates, shifted by `offset` image pixels."""
        x = points[:, 0] * self._cos - points[:, 1] * self._sin + self._middle[0] + offset[0]
        y = points[:, 0] * self._sin + points[:, 1] * self._cos + self._middle[1] + offset[1]
        fixed = (np.stack([x, y], axis=1) * self.scale - 0.5) * (1 << _SHIFT)
        return np.rint(fixed).astype(np.int32)

    def paint(self, color: Color) -> tuple[float, float, float]:
        """A paint's 8-bit color under this scene's exposure and veil."""
        view, grey = self.view, sum(color) / 3 * self.muted
        value = [
            255 * min(1.0, (c * (1 - self.muted) + grey) * g * (1 - view.veil) + s * view.veil)
            for c, g, s in zip(color, view.gain, view.sea, strict=True)
        ]
        return value[0], value[1], value[2]

    def _lean(self, height: float) -> tuple[float, float]:
        return self.view.lean[0] * height, self.view.lean[1] * height

    def polygon(self, points: Points, color: Color, height: float = 0.0) -> None:
        """Fill a polygon at `height` above the water; it becomes part of the vessel."""
        fixed = self._fixed(points, self._lean(height))
        cv2.fillPoly(self.rgb, [fixed], self.paint(color), cv2.LINE_8, _SHIFT)
        cv2.fillPoly(self.alpha, [fixed], 255.0, cv2.LINE_8, _SHIFT)

    def prism(self, points: Points, base: float, top: float, color: Color, wall: Color, dark: float = 0.5) -> None:
        """An upright solid between two heights: its shadow on deck and water, its visible wall, its top."""
        low, high = self._lean(base), self._lean(top)
        light = self.view.light
        fall_deck, fall_sea = light.offset(top - base), light.offset(top)
        foot = self._fixed(points, low)
        tip = self._fixed(points, (low[0] + fall_deck[0], low[1] + fall_deck[1]))
        both = cv2.convexHull(np.concatenate([foot, tip])).astype(np.int32)
        if base > 0:
            self._darken(both, 1 - light.strength * dark)
        sea = self._fixed(points, fall_sea)
        ground = self._fixed(points)
        cv2.fillPoly(self.shadow, [cv2.convexHull(np.concatenate([ground, sea]))], 255.0, cv2.LINE_8, _SHIFT)
        roof = self._fixed(points, high)
        body = cv2.convexHull(np.concatenate([foot, roof]))
        cv2.fillPoly(self.rgb, [body], self.paint(wall), cv2.LINE_8, _SHIFT)
        cv2.fillPoly(self.alpha, [body], 255.0, cv2.LINE_8, _SHIFT)
        cv2.fillPoly(self.rgb, [roof], self.paint(color), cv2.LINE_8, _SHIFT)

    def _darken(self, fixed: npt.NDArray[np.int32], factor: float) -> None:
        """A shadow on the vessel itself: scale the colors inside a fixed-point polygon."""
        x, y, w, h = cv2.boundingRect(fixed)
        rows, columns = self.alpha.shape
        x0, y0 = max(0, x >> _SHIFT), max(0, y >> _SHIFT)
        x1, y1 = min(columns, ((x + w) >> _SHIFT) + 2), min(rows, ((y + h) >> _SHIFT) + 2)
        if x0 >= x1 or y0 >= y1:
            return
        area = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(area, [fixed - np.array([x0 << _SHIFT, y0 << _SHIFT], np.int32)], 255.0, cv2.LINE_8, _SHIFT)
        patch = self.rgb[y0:y1, x0:x1]
        np.copyto(patch, cv2.convertScaleAbs(patch, alpha=factor), where=area[..., None] > 0)

    def block(
        self, u: tuple[float, float], v: tuple[float, float], base: float, top: float, color: Color, wall: float = 0.6
    ) -> None:
        """A box over u and v (hull pixels) between two heights; `wall` is its sides' brightness."""
        self.prism(box_points(u, v), base, top, color, shade(color, wall))

    def flat(self, u: tuple[float, float], v: tuple[float, float], color: Color, height: float) -> None:
        """A rectangle without thickness at `height`."""
        self.polygon(box_points(u, v), color, height)

    def line(self, start: Sequence[float], end: Sequence[float], width: float, color: Color, height: float) -> None:
        """A straight pipe, mast or boom `width` pixels thick between two hull points (u, v)."""
        a, b = np.asarray(start, float), np.asarray(end, float)
        along = b - a
        normal = np.array([-along[1], along[0]]) / (float(np.hypot(*along)) + 1e-6) * width / 2
        self.polygon(np.stack([a + normal, b + normal, b - normal, a - normal]), color, height)

    def disc(self, center: tuple[float, float], radius: float, color: Color, height: float) -> None:
        """A filled circle at `height`."""
        turn = np.linspace(0, 2 * math.pi, 13)[:-1]
        self.polygon(np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius + center, color, height)

    def shrink(self) -> tuple[Floats, Floats, Floats]:
        """Downsample: color (h, w, 3) premultiplied by alpha, alpha (h, w, 1), shadow (h, w, 1), all in [0, 1]."""
        size = (2 * self.half_x, 2 * self.half_y)
        np.copyto(self.rgb, np.uint8(0), where=self.alpha[..., None] == 0)
        small = [
            cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
            for plane in (self.rgb, self.alpha, self.shadow)
        ]
        return small[0], small[1][..., None], small[2][..., None]


def box_points(u: tuple[float, float], v: tuple[float, float]) -> Points:
    """Corners (4, 2) of a rectangle in hull coordinates."""
    return np.array([[u[0], v[0]], [u[1], v[0]], [u[1], v[1]], [u[0], v[1]]], float)


def blend(
    canvas: Floats, easel: Easel, rng: np.random.Generator, water: npt.NDArray[np.bool_], opacity: float = 1.0
) -> None:
    """Put the easel's vessel on the canvas (in place): its shadow where there is water first, then its paint."""
    color, alpha, shadow = easel.shrink()
    height, width = canvas.shape[:2]
    left, top = easel.left, easel.top
    x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + alpha.shape[1]), min(height, top + alpha.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    color, alpha, shadow = color[part], alpha[part], shadow[part]
    target = canvas[y0:y1, x0:x1]
    # Glitter is reflected sky and sun: a hull hides it all, so bright seas show the blacker shadow.
    view = easel.view
    sea = sum(view.sea) / 3
    depth = view.light.strength * (0.45 + 0.5 * min(1.0, sea / 0.45)) * (1 - view.veil)
    shadow = cv2.GaussianBlur(shadow, (3, 3), 0)[..., None] * np.float32(depth) * water[y0:y1, x0:x1, None]
    target *= 1 - shadow
    # Rust, dirt and gear too small to draw: gentle mottling, stronger along the ship's grain at random.
    noise = rng.standard_normal(alpha.shape[:2], dtype=np.float32)
    noise = noise * np.float32(0.025) + cv2.GaussianBlur(noise, (0, 0), 1.6) * np.float32(0.12)
    color *= 1 + noise[..., None]
    target *= 1 - alpha * np.float32(opacity)
    target += color * np.float32(opacity)
    np.clip(target, 0, 1, out=target)

"""Anti-aliased shapes straight on the canvas, for everything that is no ship."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from shipedge_train.synth.hulls import Floats, Points
from shipedge_train.synth.light import Light
from shipedge_train.synth.palette import Color

_SCALE = 4
_SHIFT = 4
Bools = npt.NDArray[np.bool_]


def cover(
    points: Points, width: float | None, shape: tuple[int, int], blur: float = 0.0
) -> tuple[slice, slice, Floats] | None:
    """How much of each pixel a polygon (or, with `width`, a line of that many pixels) covers.

    Args:
        points: (n, 2) of (x, y), pixels.
        width: Thickness of an open line, or None for a filled polygon.
        shape: Height and width of the canvas.
        blur: Softness of the edge, standard deviation in pixels.

    Returns:
        Rows, columns and the coverage in [0, 1] there; None where nothing lies inside the image.
    """
    margin = (width or 0) / 2 + 3 * blur + 2
    x0, y0 = np.maximum(np.floor(points.min(0) - margin), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(points.max(0) + margin), (shape[1], shape[0])).astype(int)
    if x0 >= x1 or y0 >= y1:
        return None
    mask = np.zeros(((y1 - y0) * _SCALE, (x1 - x0) * _SCALE), np.uint8)
    fixed = np.rint(((points - (x0, y0)) * _SCALE - 0.5) * (1 << _SHIFT)).astype(np.int32)
    if width is None:
        cv2.fillPoly(mask, [fixed], 255.0, cv2.LINE_8, _SHIFT)
    else:
        cv2.polylines(mask, [fixed], False, 255.0, max(1, round(width * _SCALE)), cv2.LINE_8, _SHIFT)
    area = cv2.resize(mask, (int(x1 - x0), int(y1 - y0)), interpolation=cv2.INTER_AREA).astype(np.float32)
    if blur > 0:
        area = cv2.GaussianBlur(area, (0, 0), blur).astype(np.float32)
    return slice(int(y0), int(y1)), slice(int(x0), int(x1)), area * np.float32(1 / 255)


def draw(
    canvas: Floats,
    points: Points,
    color: Color,
    width: float | None = None,
    opacity: float = 1.0,
    blur: float = 0.0,
    grain: np.random.Generator | None = None,
) -> None:
    """Blend a shape into the canvas (in place); `grain` makes it mottled."""
    found = cover(points, width, (canvas.shape[0], canvas.shape[1]), blur)
    if found is None:
        return
    rows, columns, area = found
    paint = np.asarray(color, np.float32)
    if grain is not None:
        noise = grain.standard_normal(area.shape, dtype=np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), 1.0) * np.float32(0.25) + 1
        paint = paint * noise[..., None]
    canvas[rows, columns] += (area * np.float32(opacity))[..., None] * (paint - canvas[rows, columns])


def darken(canvas: Floats, points: Points, factor: float, width: float | None = None, blur: float = 0.0) -> None:
    """Multiply the canvas by `factor` under a shape (in place)."""
    found = cover(points, width, (canvas.shape[0], canvas.shape[1]), blur)
    if found is not None:
        rows, columns, area = found
        canvas[rows, columns] *= 1 - (area * np.float32(1 - factor))[..., None]


def cast(canvas: Floats, points: Points, light: Light, height: float, width: float | None = None) -> None:
    """The shadow of a shape that stands `height` pixels tall."""
    tip = points + light.offset(height)
    if width is None:
        hull = cv2.convexHull(np.concatenate([points, tip]).astype(np.float32))[:, 0].astype(float)
        darken(canvas, hull, 1 - 0.75 * light.strength)
    else:
        darken(canvas, tip, 1 - 0.75 * light.strength, width)


def make_solid(water: Bools, points: Points, width: float | None = None) -> None:
    """Take a shape out of the water mask (in place)."""
    found = cover(points, width, (water.shape[0], water.shape[1]))
    if found is not None:
        rows, columns, area = found
        water[rows, columns] &= area < 0.3


def ring(x: float, y: float, radius: float, steps: int = 24) -> Points:
    """A closed circle (steps + 1, 2)."""
    turn = np.linspace(0, 2 * np.pi, steps + 1)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)


def bar(x: float, y: float, angle: float, length: float, width: float) -> Points:
    """Corners of a rectangle that starts at (x, y) and runs `length` pixels towards `angle`."""
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]]) * width / 2
    start, end = np.array([x, y]), np.array([x, y]) + along * length
    return np.stack([start + across, end + across, end - across, start - across])


def blob(rng: np.random.Generator, x: float, y: float, radius: float, stretch: float, angle: float) -> Points:
    """An irregular rounded outline (16, 2) around (x, y)."""
    turn = np.linspace(0, 2 * np.pi, 17)[:-1]
    far = radius * (1 + 0.5 * np.convolve(np.tile(rng.uniform(-1, 1, 16), 3), np.ones(3) / 3, "same")[16:32])
    u, v = far * np.cos(turn) * stretch, far * np.sin(turn)
    return np.stack([x + u * np.cos(angle) - v * np.sin(angle), y + u * np.sin(angle) + v * np.cos(angle)], axis=1)

"""Wakes: foam astern, diverging arms, bow waves and the smooth dark lane that a hull leaves behind."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from shipedge_train.synth.hulls import Floats, View

_LONGEST = 620  # pixels; longer wakes only cost time


@dataclass(frozen=True, slots=True)
class Wake:
    """One wake: where the bow is, how it runs, what it consists of.

    Attributes:
        bow: Foremost point of the hull (x, y), pixels.
        angle: Heading, radians.
        length: Hull length, pixels.
        width: Hull width, pixels.
        reach: Length of the wake from the bow, pixels.
        core: Strength of the turbulent band astern, 0 to 1.
        arms: Strength of the diverging lines, 0 to 1.
        spread: Angle of the arms to the course, radians.
        collar: Strength of the foam along the hull itself, 0 to 1.
        slick: Darkness of the smooth lane, 0 to 1.
        bend: Sideways drift of the course astern, pixels per squared pixel.
        tone: Brightness of the foam relative to white paint.
    """

    bow: tuple[float, float]
    angle: float
    length: float
    width: float
    reach: float
    core: float = 0.0
    arms: float = 0.0
    spread: float = 0.15
    collar: float = 0.0
    slick: float = 0.0
    bend: float = 0.0
    tone: float = 0.9


def sample_wake(rng: np.random.Generator, bow: tuple[float, float], angle: float, length: float, width: float) -> Wake:
    """The wake of a hull under way: small ones plane in white water, large ones push and leave a faint lane."""
    fast = rng.random() < (0.6 if length < 28 else 0.35 if length < 60 else 0.12)
    bend = float(rng.normal(0, 1)) * 0.25 / _LONGEST if rng.random() < 0.35 else 0.0
    tone = float(rng.uniform(0.75, 1.05))
    if fast:
        reach = length * (1 + float(rng.gamma(2.0, 2.2))) + 12
        bright = float(rng.uniform(0.45, 1.0))
        collar = bright * float(rng.uniform(0.3, 1)) if rng.random() < 0.75 else 0.0
        arms = bright * float(rng.uniform(0.2, 1.0))
        spread = float(rng.uniform(0.03, 0.16))
        core = bright * float(rng.uniform(0.2, 1))
        slick = float(rng.uniform(0, 0.25))
        return Wake(bow, angle, length, width, min(reach, _LONGEST), core, arms, spread, collar, slick, bend, tone)
    reach = length * (1 + float(rng.gamma(1.5, 1.3))) + 10
    faint = float(rng.uniform(0.08, 0.5))
    return Wake(
        bow,
        angle,
        length,
        width,
        min(reach, _LONGEST),
        core=faint,
        arms=faint * float(rng.uniform(0, 1)) if rng.random() < 0.5 else 0.0,
        spread=float(rng.uniform(0.1, 0.34)),
        collar=faint * float(rng.uniform(0.3, 1.2)) if rng.random() < 0.4 else 0.0,
        slick=float(rng.uniform(0, 0.3)) if rng.random() < 0.5 else 0.0,
        bend=bend,
        tone=tone,
    )


def _texture(wake: Wake, rng: np.random.Generator) -> tuple[Floats, Floats, int]:
    """Foam and darkness (n, m) over distance astern and across, and the middle column."""
    rows = math.ceil(wake.reach) + 1
    side = math.ceil(wake.width * 0.9 + min(wake.reach * math.tan(wake.spread), 150) + 5)
    s = np.arange(rows, dtype=np.float32)[:, None]
    t = np.abs(np.arange(-side, side + 1, dtype=np.float32))[None, :]
    half, long = wake.width / 2, wake.length
    left = np.clip((wake.reach - s) / wake.reach, 0, 1)
    fade = left ** np.float32(rng.uniform(0.7, 2.2))
    noise = rng.standard_normal((rows, 2 * side + 1), dtype=np.float32)
    streaks = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.7, sigmaY=float(rng.uniform(2.5, 7)))
    streaks = np.clip(0.62 + streaks * np.float32(rng.uniform(0.7, 1.7)), 0, 1.3)
    astern = np.clip(s - long * 0.85, 0, None)
    foam = np.zeros_like(noise)
    if wake.core > 0:
        reach = half * float(rng.uniform(0.5, 1.0)) * (1 + astern / (wake.reach + 1) * float(rng.uniform(-0.4, 1.2)))
        band = np.clip(reach - t + 0.5, 0, 1) * np.clip(astern / 2, 0, 1)
        if rng.random() < 0.4:  # two screws, or foam thrown to both sides: a darker middle
            band = band * np.clip(0.25 + (t / (reach + 0.5)) ** 2, 0, 1)
        foam += wake.core * band * fade * streaks
    if wake.arms > 0:
        slope = math.tan(wake.spread)
        edge = half * 0.7 + s * slope
        thick = 0.7 + np.minimum(s * np.float32(rng.uniform(0.004, 0.03)), 3.5)
        ridge = np.exp(-(((t - edge) / thick) ** 2)) * np.clip(s / (0.2 * long + 1), 0, 1)
        broken = np.clip(streaks * np.float32(rng.uniform(0.8, 1.4)), 0, 1.2)
        foam += wake.arms * ridge * fade ** np.float32(rng.uniform(0.6, 1.5)) * broken
    if wake.collar > 0:
        start = long * float(rng.uniform(0, 0.35))
        swell = half + 0.6 + np.clip(s - start, 0, long) * float(rng.uniform(0.02, 0.16))
        run = np.clip((s - start) / 2, 0, 1) * np.clip((long * 1.6 - s) / (long * 0.7), 0, 1)
        foam += wake.collar * np.clip(swell - t + 0.7, 0, 1) * run * np.clip(streaks + 0.35, 0, 1.2)
    dark = np.zeros_like(noise)
    if wake.slick > 0:
        lane = half * (1 + s / (wake.reach + 1) * float(rng.uniform(0, 1.5)))
        dark = wake.slick * np.clip((lane - t) / 1.5, 0, 1) * np.clip(astern / 4, 0, 1) * left**0.5
    return np.clip(foam, 0, 1), dark.astype(np.float32), side


def draw_wake(canvas: Floats, wake: Wake, rng: np.random.Generator, water: npt.NDArray[np.bool_], view: View) -> None:
    """Blend a wake into the canvas (in place), on water only."""
    foam, dark, side = _texture(wake, rng)
    height, width = canvas.shape[:2]
    cos, sin = math.cos(wake.angle), math.sin(wake.angle)
    rows = foam.shape[0]
    corner_s = np.array([0, 0, rows, rows], float)
    drift = wake.bend * rows * rows
    corner_t = np.array([-side, side, -side + min(drift, 0), side + max(drift, 0)], float)
    corner_t[2:] += 0.0
    xs = wake.bow[0] - corner_s * cos - corner_t * sin
    ys = wake.bow[1] - corner_s * sin + corner_t * cos
    x0, x1 = max(0, math.floor(xs.min())), min(width, math.ceil(xs.max()) + 1)
    y0, y1 = max(0, math.floor(ys.min())), min(height, math.ceil(ys.max()) + 1)
    if x0 >= x1 or y0 >= y1:
        return
    x = np.arange(x0, x1, dtype=np.float32)[None, :] + np.float32(0.5 - wake.bow[0])
    y = np.arange(y0, y1, dtype=np.float32)[:, None] + np.float32(0.5 - wake.bow[1])
    s = -(x * np.float32(cos) + y * np.float32(sin))
    t = y * np.float32(cos) - x * np.float32(sin)
    t -= np.float32(wake.bend) * s * s
    t += np.float32(side)
    patch = canvas[y0:y1, x0:x1]
    free = water[y0:y1, x0:x1]
    if wake.slick > 0:
        patch *= 1 - (cv2.remap(dark, t, s, cv2.INTER_LINEAR) * free)[..., None]
    alpha = (cv2.remap(foam, t, s, cv2.INTER_LINEAR) * free * np.float32(1 - view.veil))[..., None]
    white = np.asarray(view.gain, np.float32) * np.float32(wake.tone)
    patch += alpha * (np.minimum(white, 1) - patch)

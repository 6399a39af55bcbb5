"""Wakes: fans of foam astern, diverging arms, bow waves and the smooth dark lane that a hull leaves behind."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from shipedge_train.synth.hulls import Floats, View

_LONGEST = 620  # pixels; longer wakes only cost time
_RAYS = 40  # columns of streak noise over the width of a fan


@dataclass(frozen=True, slots=True)
class Wake:
    """One wake: where the bow is, how it runs, what it consists of.

    Attributes:
        bow: Foremost point of the hull (x, y), pixels.
        angle: Heading, radians.
        length: Hull length, pixels.
        width: Hull width, pixels.
        reach: Length of the wake from the bow, pixels.
        core: Strength of the foam astern; above 1 it is solid white near the hull.
        spread: Angle at which the fan of foam widens, radians.
        arms: Strength of the two diverging lines, 0 to 1.
        opening: Angle of the arms to the course, radians.
        collar: Strength of the foam along the hull itself, 0 to 1.
        slick: Darkness of the smooth lane, 0 to 1.
        bend: Sideways drift of the course astern, pixels per squared pixel.
        tone: Brightness of the foam relative to white paint.
        planing: Thick white water that starts beside the hull, is wider than it and stays white far astern.
        arch: Strength of the white water thrown up round the bow and along both sides, 0 to 1.
        inverse: Arms and core darken: in the sun's glitter, smoothed water is darker than the sea.
    """

    bow: tuple[float, float]
    angle: float
    length: float
    width: float
    reach: float
    core: float = 0.0
    spread: float = 0.05
    arms: float = 0.0
    opening: float = 0.15
    collar: float = 0.0
    slick: float = 0.0
    bend: float = 0.0
    tone: float = 0.9
    planing: bool = False
    arch: float = 0.0
    inverse: bool = False


def sample_wake(
    rng: np.random.Generator, bow: tuple[float, float], angle: float, size: tuple[float, float], view: View
) -> Wake:
    """The wake of a hull under way: small ones plane in white water, large ones push and leave a faint lane."""
    length, width = size
    fast = rng.random() < (0.8 if length < 30 else 0.55 if length < 60 else 0.15)
    bend = float(rng.normal(0, 1)) * 0.25 / _LONGEST if rng.random() < 0.35 else 0.0
    tone = float(rng.uniform(0.75, 1.1))
    inverse = sum(view.sea) / 3 > 0.38 and rng.random() < 0.45
    if fast and length < 60 and rng.random() < 0.65:
        return _planing(rng, bow, angle, size, bend, tone)
    if fast:
        bright = float(np.exp(rng.uniform(math.log(0.4), math.log(3.5))))
        return Wake(
            bow,
            angle,
            length,
            width,
            min(length + 8 + float(rng.gamma(2.0, 22)) + length * float(rng.gamma(1.5, 1)), _LONGEST),
            core=bright,
            spread=float(rng.uniform(0.0, 0.22)),
            arms=bright * float(rng.uniform(0.1, 0.6)) if rng.random() < 0.5 else 0.0,
            opening=float(rng.uniform(0.05, 0.25)),
            collar=min(1.0, bright * float(rng.uniform(0.4, 1.2))) if rng.random() < 0.7 else 0.0,
            slick=float(rng.uniform(0, 0.25)),
            bend=bend,
            tone=tone,
            inverse=inverse,
        )
    faint = float(np.exp(rng.uniform(math.log(0.1), math.log(0.9))))
    return Wake(
        bow,
        angle,
        length,
        width,
        min(length * (1 + float(rng.gamma(1.5, 1.2))) + 12 + float(rng.gamma(1.0, 25)), _LONGEST),
        core=faint,
        spread=float(rng.uniform(-0.01, 0.06)),
        arms=faint * float(rng.uniform(0.1, 0.8)) if rng.random() < 0.45 else 0.0,
        opening=float(rng.uniform(0.08, 0.34)),
        collar=min(1.0, faint * float(rng.uniform(0.5, 1.6))) if rng.random() < 0.45 else 0.0,
        slick=float(rng.uniform(0, 0.3)) if rng.random() < 0.5 else 0.0,
        bend=bend,
        tone=tone,
        inverse=inverse,
    )


def _planing(
    rng: np.random.Generator,
    bow: tuple[float, float],
    angle: float,
    size: tuple[float, float],
    bend: float,
    tone: float,
) -> Wake:
    """A small boat at speed: from above mostly foam, with the hull at its tip or as a slot inside it.

    Nothing else is outlined so wrongly: the label is the hull, the foam reaches past it on three sides.
    """
    length, width = size
    lead = float(rng.uniform(0.5, 3.0)) if rng.random() < 0.65 else 0.0
    return Wake(
        (bow[0] + lead * math.cos(angle), bow[1] + lead * math.sin(angle)),
        angle,
        length + lead,
        width,
        min(length * float(rng.uniform(2, 5)) + float(rng.gamma(2.0, 25)), _LONGEST),
        core=float(rng.uniform(1.5, 5)),
        spread=float(rng.uniform(0.0, 0.12)),
        arms=float(rng.uniform(0.2, 1.0)) if rng.random() < 0.4 else 0.0,
        opening=float(rng.uniform(0.1, 0.3)),
        collar=float(rng.uniform(0.6, 1.0)) if rng.random() < 0.85 else 0.0,
        bend=bend,
        tone=tone,
        planing=True,
        arch=float(rng.uniform(0.5, 1.0)) if lead else 0.0,
    )


def lee_plume(rng: np.random.Generator, bow: tuple[float, float], angle: float, size: tuple[float, float]) -> Wake:
    """The dark smooth patch that wind or current draws out behind a ship lying still."""
    reach = size[0] * (1 + float(rng.uniform(0.3, 2.0)))
    core, spread = float(rng.uniform(0.25, 0.9)), float(rng.uniform(0.02, 0.18))
    return Wake(
        bow,
        angle,
        *size,
        min(reach, _LONGEST),
        core=core,
        spread=spread,
        bend=float(rng.normal(0, 1)) / 900,
        inverse=True,
    )


def _fan(wake: Wake, rng: np.random.Generator, s: Floats, t: Floats, fade: Floats) -> Floats:
    """Foam astern (n, m): streaks that run along rays of a widening lane with ragged edges."""
    half, rows = wake.width / 2, s.shape[0]
    astern = np.clip(s - wake.length * (float(rng.uniform(0.2, 0.8)) if wake.planing else 0.8), 0, None)
    # Edges of both sides wander and break up on their own.
    wander = cv2.GaussianBlur(
        rng.standard_normal((rows, 2), dtype=np.float32), (1, 0), sigmaX=0.1, sigmaY=1.2 + 0.15 * wake.width
    )
    wander = wander * np.float32(0.34 / max(float(wander.std()), 1e-6))
    narrow, wide = (0.9, 2.0) if wake.planing else (0.45, 1.05)
    lane = half * float(rng.uniform(narrow, wide)) + astern * math.tan(wake.spread)
    ragged = 1 + np.where(t < 0, wander[:, :1], wander[:, 1:]) * np.float32(
        rng.uniform(0.1, 0.4) if wake.planing else rng.uniform(0.2, 1.0)
    )
    ray = t / np.maximum(lane, 0.5)
    lane = np.maximum(lane * ragged, 0.5)
    noise = rng.standard_normal((rows, _RAYS), dtype=np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), sigmaX=float(rng.uniform(0.6, 2)), sigmaY=float(rng.uniform(1.2, 9)))
    noise = np.asarray(fine / max(float(fine.std()), 1e-6), np.float32)
    columns = (ray + 1) * np.float32((_RAYS - 1) / 2)
    streaks = cv2.remap(noise, columns, np.broadcast_to(s, columns.shape).astype(np.float32), cv2.INTER_LINEAR)
    inside = np.clip(lane - np.abs(t) + 0.5, 0, 1)
    # Jet in the middle, walls of thrown water at the edges, calmer between.
    across = np.abs(ray)
    walls, jet = float(rng.uniform(0, 1)), float(rng.uniform(0, 1))
    profile = 0.35 + walls * np.exp(-(((across - 0.85) / 0.22) ** 2)) + jet * np.exp(-((across / 0.3) ** 2))
    rough = np.float32(rng.uniform(0.35, 0.95))
    started = np.clip(astern / 2, 0, 1)
    return np.asarray(wake.core * inside * profile * started * fade * np.clip(1 + rough * streaks, 0, 2.5), np.float32)


def _arms(wake: Wake, rng: np.random.Generator, s: Floats, t: Floats, fade: Floats) -> Floats:
    """Two thin broken lines that open from the bow (n, m)."""
    rows = s.shape[0]
    edge = wake.width * 0.35 + s * math.tan(wake.opening)
    thick = 0.6 + np.minimum(s * np.float32(rng.uniform(0.003, 0.025)), 3)
    sides = cv2.GaussianBlur(rng.standard_normal((rows, 2), dtype=np.float32), (1, 0), sigmaX=0.1, sigmaY=3.0)
    broken = np.clip(0.7 + np.where(t < 0, sides[:, :1], sides[:, 1:]) * 1.6, 0, 1.5)
    ridge = np.exp(-(((np.abs(t) - edge) / thick) ** 2)) * np.clip(s / (0.2 * wake.length + 1), 0, 1)
    if rng.random() < 0.3:  # one side only: the other is lost in the waves
        ridge = ridge * np.where(t < 0, 1.0, float(rng.uniform(0, 0.4)))
    return np.asarray(wake.arms * ridge * broken * fade ** np.float32(rng.uniform(0.5, 1.2)), np.float32)


def _collar(wake: Wake, rng: np.random.Generator, s: Floats, t: Floats) -> Floats:
    """White water along the hull from the bow wave aft (n, m)."""
    start = wake.length * float(rng.uniform(0, 0.45))
    swell = (
        wake.width / 2
        + float(rng.uniform(0.2, 1.6))
        + np.clip(s - start, 0, wake.length) * float(rng.uniform(0.01, 0.13))
    )
    white = rng.standard_normal((s.shape[0], t.shape[1]), dtype=np.float32)
    swell = swell + cv2.GaussianBlur(white, (0, 0), sigmaX=0.8, sigmaY=1.6) * np.float32(
        rng.uniform(0.5, 4) * min(1, wake.width / 10)
    )
    run = np.clip((s - start) / 2, 0, 1) * np.clip((wake.length * 1.5 - s) / (wake.length * 0.6), 0, 1)
    return np.asarray(wake.collar * np.clip(swell - np.abs(t) + 0.7, 0, 1) * run, np.float32)


def _arch(wake: Wake, rng: np.random.Generator, s: Floats, t: Floats) -> Floats:
    """White water thrown up round the bow: an arch open astern, the hull a slot in it (n, m)."""
    half = wake.width / 2 + float(rng.uniform(0.8, 1.5 + 0.3 * wake.width))
    nose = half * float(rng.uniform(0.8, 2.4))
    rim = half * np.sqrt(1 - (1 - np.minimum(s, nose) / nose) ** 2)
    rim = rim + np.clip(s - nose, 0, None) * float(rng.uniform(0, 0.15))
    sides = cv2.GaussianBlur(rng.standard_normal((s.shape[0], 2), dtype=np.float32), (1, 0), sigmaX=0.1, sigmaY=2.0)
    inside = rim + np.where(t < 0, sides[:, :1], sides[:, 1:]) * float(rng.uniform(0.5, 2)) - np.abs(t)
    crest = np.clip((float(rng.uniform(1.2, 2 + 0.5 * wake.width)) - inside) / 1.5 + 0.5, float(rng.uniform(0, 0.9)), 1)
    run = np.clip((wake.length * float(rng.uniform(0.9, 2)) - s) / (wake.length * 0.5), 0, 1)
    return np.asarray(wake.arch * np.clip(inside + 0.5, 0, 1) * crest * run, np.float32)


def _texture(wake: Wake, rng: np.random.Generator) -> tuple[Floats, Floats, int]:
    """Foam and darkness (n, m) over distance from the bow and across, and the middle column."""
    rows = math.ceil(wake.reach) + 1
    widest = max(wake.spread * 1.6, wake.opening if wake.arms else 0.0, 0.02)
    side = math.ceil(wake.width * 1.4 + min(wake.reach * math.tan(widest), 160) + 6)
    s = np.arange(rows, dtype=np.float32)[:, None]
    t = np.arange(-side, side + 1, dtype=np.float32)[None, :]
    left = np.clip((wake.reach - s) / wake.reach, 0, 1)
    slow, quick = (0.4, 1.5) if wake.planing else (0.8, 3.0)
    fade = np.asarray(left ** np.float32(rng.uniform(slow, quick)), np.float32)
    foam = _fan(wake, rng, s, t, fade)
    if wake.arms > 0:
        foam += _arms(wake, rng, s, t, fade)
    if wake.collar > 0:
        foam += _collar(wake, rng, s, t)
    if wake.arch > 0:
        foam += _arch(wake, rng, s, t)
    dark = np.zeros_like(foam)
    if wake.slick > 0:
        lane = wake.width / 2 * (1 + s / (wake.reach + 1) * float(rng.uniform(0, 1.5)))
        astern = np.clip(s - wake.length * 0.85, 0, None)
        dark += wake.slick * np.clip((lane - np.abs(t)) / 1.5, 0, 1) * np.clip(astern / 4, 0, 1) * left**0.5
    return np.clip(foam, 0, 1), dark, side


def draw_wake(canvas: Floats, wake: Wake, rng: np.random.Generator, water: npt.NDArray[np.bool_], view: View) -> None:
    """Blend a wake into the canvas (in place), on water only."""
    foam, dark, side = _texture(wake, rng)
    height, width = canvas.shape[:2]
    cos, sin = math.cos(wake.angle), math.sin(wake.angle)
    rows = foam.shape[0]
    drift = wake.bend * rows * rows
    corner_s = np.array([0, 0, rows, rows], float)
    corner_t = np.array([-side, side, -side + min(drift, 0), side + max(drift, 0)], float)
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
    if wake.inverse:
        patch *= 1 - np.float32(0.55) * alpha
        return
    white = np.asarray(view.gain, np.float32) * np.float32(wake.tone)
    patch += alpha * (np.minimum(white, 1) - patch)

"""Ship-like things that are no ships; none of them is ever labelled."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from shipedge_train.synth import works
from shipedge_train.synth.brush import Bools, bar, blob, cast, darken, draw, make_solid, ring
from shipedge_train.synth.fleet import sample_view
from shipedge_train.synth.hulls import Floats
from shipedge_train.synth.light import Light
from shipedge_train.synth.palette import some
from shipedge_train.synth.wakes import draw_wake, sample_wake

Rng = np.random.Generator
Item = Callable[[Floats, Rng, Bools, Light], None]


def _place(rng: Rng, water: Bools) -> tuple[float, float]:
    """A place in the image, on water where twenty tries find some."""
    x = y = 0.0
    for _ in range(20):
        x, y = float(rng.uniform(0, water.shape[1])), float(rng.uniform(0, water.shape[0]))
        if water[int(y), int(x)]:
            break
    return x, y


def buoys(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """Dots of one or two pixels, alone or along a line."""
    x, y = _place(rng, water)
    angle, step = float(rng.uniform(-math.pi, math.pi)), float(rng.uniform(6, 40))
    for k in range(int(rng.integers(1, 8))):
        at = (x + k * step * math.cos(angle), y + k * step * math.sin(angle))
        dot = ring(*at, float(rng.uniform(0.4, 1.1)), 8)
        cast(canvas, dot, light, 1.0)
        draw(canvas, dot, some(rng, ((0.9, 0.9, 0.88), (0.7, 0.3, 0.2), (0.75, 0.65, 0.25), (0.2, 0.3, 0.25))))


def whitecaps(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """Breaking crests, short bright dashes all in one direction, strewn or in a cluster."""
    del light
    wide = rng.random() < 0.5
    center = _place(rng, water)
    angle, bright = float(rng.uniform(0, math.pi)), float(rng.uniform(0.3, 1))
    for _ in range(int(rng.integers(4, 60 if wide else 14))):
        x, y = _place(rng, water) if wide else np.array(center) + rng.normal(0, 40, 2)
        if not (0 <= x < water.shape[1] and 0 <= y < water.shape[0] and water[int(y), int(x)]):
            continue
        size = float(np.exp(rng.uniform(math.log(0.4), math.log(2.2))))
        shape = blob(rng, x, y, size, float(rng.uniform(1.2, 4)), angle + float(rng.normal(0, 0.3)))
        draw(canvas, shape, (0.9, 0.92, 0.92), None, bright * float(rng.uniform(0.2, 1)), 0.5)


def breakers(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """Lone breaking waves, as large as boats: heaps of white lumps, with thin foam that stays behind."""
    del light
    angle, bright = float(rng.uniform(-math.pi, math.pi)), float(rng.uniform(0.6, 1))
    along, behind = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    for _ in range(1 + int(rng.exponential(2.5))):
        middle = np.array(_place(rng, water))
        if not water[int(middle[1]), int(middle[0])]:
            return
        length = float(np.exp(rng.uniform(math.log(3), math.log(26))))
        depth = length * float(rng.uniform(0.2, 0.55))
        x, y = middle + behind * depth
        shape = blob(rng, x, y, length * 0.4, float(rng.uniform(1, 2)), angle)
        draw(canvas, shape, (0.8, 0.86, 0.88), None, bright * float(rng.uniform(0, 0.35)), length * 0.15, rng)
        for _ in range(2 + int(length / 3)):
            x, y = middle + along * rng.normal(0, 0.3 * length) + behind * rng.normal(0, 0.4 * depth)
            size = float(rng.uniform(0.25, 0.6)) * depth + 0.4
            opacity = bright * float(rng.uniform(0.5, 1))
            draw(canvas, blob(rng, x, y, size, 1.4, angle), (0.97, 0.98, 0.98), None, opacity, 0.5)


def old_wake(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """The trail of a ship that has left the image or long passed by."""
    view = sample_view(canvas, rng, water, light)
    length = float(rng.uniform(15, 90))
    wake = sample_wake(rng, _place(rng, water), float(rng.uniform(-math.pi, math.pi)), (length, length * 0.25), view)
    wake = dataclasses.replace(
        wake,
        reach=min(wake.reach * 1.5, 500),
        core=min(wake.core, 0.8) * 0.6,
        arms=wake.arms * 0.4,
        spread=wake.spread * 0.4,
        opening=wake.opening * 0.4,
        collar=0.0,
    )
    draw_wake(canvas, wake, rng, water, view)


def slick(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """A smooth dark or pale stripe on the water."""
    del light
    x, y = _place(rng, water)
    turn = float(rng.uniform(-math.pi, math.pi)) + np.cumsum(rng.normal(0, 0.15, 16))
    points = np.array([x, y]) + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], axis=1), axis=0) * rng.uniform(4, 30)
    factor = float(rng.uniform(0.6, 0.93)) if rng.random() < 0.7 else float(rng.uniform(1.05, 1.2))
    darken(canvas, points, factor, float(np.exp(rng.uniform(math.log(1), math.log(14)))), float(rng.uniform(0.8, 3)))


def foam(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """Drifting foam or debris in strings and specks."""
    del light
    x, y = _place(rng, water)
    turn = float(rng.uniform(-math.pi, math.pi)) + np.cumsum(rng.normal(0, 0.3, 14))
    points = np.array([x, y]) + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], axis=1), axis=0) * rng.uniform(2, 10)
    color = some(rng, ((0.85, 0.87, 0.86), (0.66, 0.62, 0.50), (0.55, 0.52, 0.40)))
    for x, y in points:
        for _ in range(int(rng.integers(0, 4))):
            shape = blob(rng, x + rng.normal(0, 3), y + rng.normal(0, 3), float(rng.uniform(0.3, 1.6)), 1.6, turn[0])
            draw(canvas, shape, color, None, float(rng.uniform(0.2, 0.8)), 0.4)


def sandbar(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """A pale elongated shallow below the surface."""
    del light
    x, y = _place(rng, water)
    size, angle = float(rng.uniform(4, 40)), float(rng.uniform(0, math.pi))
    color = some(rng, ((0.55, 0.62, 0.52), (0.62, 0.58, 0.45), (0.30, 0.50, 0.46)))
    shape = blob(rng, x, y, size, float(rng.uniform(1, 4)), angle)
    draw(canvas, shape, color, None, float(rng.uniform(0.15, 0.7)), size * float(rng.uniform(0.08, 0.3)))


def puffs(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """Scraps of cloud: bright soft blobs, with a shadow thrown far aside."""
    x, y = _place(rng, water)
    far = light.offset(float(rng.uniform(15, 80)))
    for _ in range(int(rng.integers(1, 6))):
        cx, cy = x + rng.normal(0, 12), y + rng.normal(0, 12)
        size = float(np.exp(rng.uniform(math.log(1.2), math.log(14))))
        shape = blob(rng, cx, cy, size, float(rng.uniform(1, 2.5)), float(rng.uniform(0, math.pi)))
        darken(canvas, shape + far, 0.75, None, size * 0.5)
        draw(
            canvas, shape, (0.9, 0.91, 0.93), None, float(rng.uniform(0.2, 0.95)), size * float(rng.uniform(0.25, 0.6))
        )


def plank(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """A raft, pontoon or bridge part fixed in the water, thinner or squarer than a hull."""
    x, y = _place(rng, water)
    long = float(np.exp(rng.uniform(math.log(3), math.log(60))))
    thin = rng.random() < 0.6
    shape = bar(x, y, float(rng.uniform(-math.pi, math.pi)), long, max(0.7, long * 0.04) if thin else long)
    cast(canvas, shape, light, 0.8)
    draw(canvas, shape, some(rng, works.DECKING), None, float(rng.uniform(0.4, 1)), grain=rng)
    make_solid(water, shape)


# Chance per scene of each item, then the most there may be of it.
_ITEMS: tuple[tuple[Item, float, int], ...] = (
    (works.breakwater, 0.05, 2),
    (works.dolphins, 0.05, 2),
    (works.fish_farm, 0.05, 2),
    (works.platform, 0.08, 3),
    (works.boom, 0.06, 2),
    (works.rocks, 0.09, 3),
    (plank, 0.05, 2),
    (buoys, 0.16, 3),
    (whitecaps, 0.20, 2),
    (breakers, 0.25, 2),
    (old_wake, 0.12, 2),
    (slick, 0.20, 4),
    (foam, 0.10, 3),
    (sandbar, 0.06, 3),
    (puffs, 0.07, 3),
)


def draw_clutter(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """Strew unlabelled things over a scene before its ships.

    Args:
        canvas: (h, w, 3) display values in [0, 1]; drawn on.
        rng: The scene's generator.
        water: (h, w), True where there is water; what is built becomes False.
        light: The sun.
    """
    if not water.any():
        return
    if not water.all():
        for _ in range(int(rng.poisson(1.3))):
            works.pier(canvas, rng, water, light)
    elif rng.random() < 0.03:
        works.pier(canvas, rng, water, light)
    for item, chance, most in _ITEMS:
        if rng.random() < chance:
            for _ in range(int(rng.integers(1, most + 1))):
                item(canvas, rng, water, light)
    np.clip(canvas, 0, 1, out=canvas)

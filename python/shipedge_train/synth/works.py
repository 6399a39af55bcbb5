"""What people build into the water: piers, jetties, breakwaters, dolphins, fish farms, platforms, booms."""

from __future__ import annotations

import math

import numpy as np

from shipedge_train.synth.berths import Harbor
from shipedge_train.synth.brush import Bools, bar, blob, cast, draw, make_solid, ring
from shipedge_train.synth.hulls import Floats
from shipedge_train.synth.light import Light
from shipedge_train.synth.palette import Color, pick, shade, some

Rng = np.random.Generator

DECKING: tuple[Color, ...] = (
    (0.55, 0.53, 0.50),
    (0.66, 0.64, 0.60),
    (0.42, 0.42, 0.41),
    (0.50, 0.42, 0.33),
    (0.58, 0.48, 0.38),
    (0.33, 0.31, 0.29),
    (0.80, 0.79, 0.75),
)
RUBBLE: tuple[Color, ...] = ((0.38, 0.34, 0.29), (0.47, 0.43, 0.37), (0.30, 0.28, 0.26), (0.55, 0.51, 0.45))


def _spot(rng: Rng, water: Bools) -> tuple[float, float] | None:
    """A random place on water."""
    for _ in range(20):
        x, y = rng.uniform(0, water.shape[1]), rng.uniform(0, water.shape[0])
        if water[int(y), int(x)]:
            return float(x), float(y)
    return None


def _deck(
    canvas: Floats,
    rng: Rng,
    water: Bools,
    light: Light,
    start: tuple[float, float],
    run: tuple[float, float, float],
    paint: Color,
) -> None:
    """One straight stretch of deck (angle, length, width) with its shadow."""
    shape = bar(*start, *run)
    cast(canvas, shape, light, float(rng.uniform(0.8, 2.5)))
    draw(canvas, shape, paint, grain=rng)
    if run[2] > 4:
        inner = bar(*start, run[0], run[1], run[2] * float(rng.uniform(0.2, 0.7)))
        draw(canvas, inner, shade(paint, float(rng.uniform(0.8, 1.15))), opacity=0.7)
    make_solid(water, shape)


def pier(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """A pier from the shore (or from the image's border), bare, with a T-end, or with fingers."""
    edges = Harbor(water, rng).edges
    height, width = water.shape
    if edges:
        x, y, along, long, normal = pick(rng, edges)
        at = float(rng.uniform(0, long))
        x, y = x + at * math.cos(along) - 3 * math.cos(normal), y + at * math.sin(along) - 3 * math.sin(normal)
        angle = normal + float(rng.normal(0, 0.15))
    elif rng.random() < 0.35:
        x, y = pick(rng, ((0.0, float(rng.uniform(0, height))), (float(rng.uniform(0, width)), 0.0)))
        angle = float(rng.uniform(-0.4, 0.4)) + (0 if x == 0 else math.pi / 2)
    else:
        return
    paint = some(rng, DECKING)
    length = float(np.exp(rng.uniform(math.log(12), math.log(220))))
    wide = float(np.exp(rng.uniform(math.log(1.3), math.log(14 if length > 50 else 6))))
    _deck(canvas, rng, water, light, (x, y), (angle, length, wide), paint)
    kind = rng.random()
    if kind < 0.3:
        half = float(rng.uniform(4, 45))
        tip = (
            x + length * math.cos(angle) + half * math.sin(angle),
            y + length * math.sin(angle) - half * math.cos(angle),
        )
        _deck(
            canvas, rng, water, light, tip, (angle + math.pi / 2, 2 * half, wide * float(rng.uniform(0.8, 2.5))), paint
        )
    elif kind < 0.6 and length > 25:
        reach, step = float(rng.uniform(4, 12)), float(rng.uniform(4, 12))
        thin = float(rng.uniform(0.5, 1.3))
        for at in np.arange(step, length, step):
            for side in (-1, 1):
                root = (x + at * math.cos(angle), y + at * math.sin(angle))
                finger = bar(*root, angle + side * math.pi / 2, reach + wide / 2, thin)
                draw(canvas, finger, paint)
                make_solid(water, finger)
    for _ in range(int(rng.integers(0, 5))):
        at = float(rng.uniform(0.1, 0.9)) * length
        box = bar(x + at * math.cos(angle), y + at * math.sin(angle), angle, float(rng.uniform(1.5, 6)), wide * 0.5)
        draw(canvas, box, some(rng, (*DECKING, (0.55, 0.25, 0.2), (0.25, 0.33, 0.45))))


def breakwater(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """A line of rubble with foam on one side, straight or bent."""
    spot = _spot(rng, water)
    if spot is None:
        return
    angle = float(rng.uniform(-math.pi, math.pi))
    bend = float(rng.normal(0, 0.5))
    steps = np.linspace(0, 1, 9)
    length, wide = float(rng.uniform(25, 240)), float(rng.uniform(2.5, 11))
    turn = angle + bend * steps
    points = np.array(spot) + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], axis=1), axis=0) * length / 9
    draw(canvas, points + rng.normal(0, 1.5, 2), (0.8, 0.84, 0.83), wide * 1.15, float(rng.uniform(0, 0.6)), 1.2)
    cast(canvas, points, light, 1.5, wide)
    paint = some(rng, RUBBLE)
    draw(canvas, points, paint, wide, grain=rng)
    for _ in range(int(length * wide / 20)):
        x, y = (
            points[int(rng.integers(9))]
            + rng.normal(0, wide * 0.3, 2)
            + rng.normal(0, length / 20, 2) * (np.cos(angle), np.sin(angle))
        )
        draw(
            canvas, ring(x, y, float(rng.uniform(0.5, 1.2)), 6), shade(paint, float(rng.uniform(0.6, 1.5))), opacity=0.8
        )
    make_solid(water, points, wide)


def dolphins(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """Mooring points in a row, sometimes joined by a catwalk or around a loading platform."""
    spot = _spot(rng, water)
    if spot is None:
        return
    angle, step = float(rng.uniform(-math.pi, math.pi)), float(rng.uniform(7, 28))
    count, size = int(rng.integers(3, 9)), float(rng.uniform(0.8, 3.2))
    paint = some(rng, DECKING)
    cos, sin = math.cos(angle), math.sin(angle)
    if rng.random() < 0.5:
        walk = bar(*spot, angle, step * (count - 1), float(rng.uniform(0.6, 1.4)))
        cast(canvas, walk, light, 1.5)
        draw(canvas, walk, paint)
    for k in range(count):
        x, y = spot[0] + k * step * cos, spot[1] + k * step * sin
        box = bar(x - size * cos, y - size * sin, angle, 2 * size, 2 * size)
        if k == count // 2 and rng.random() < 0.5:
            box = bar(x - 3 * size * cos, y - 3 * size * sin, angle, 6 * size, 5 * size)
        cast(canvas, box, light, 2)
        draw(canvas, box, paint, grain=rng)
        make_solid(water, box)


def fish_farm(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """Round or square cages in rows: dark water inside a thin bright or dark ring."""
    spot = _spot(rng, water)
    if spot is None:
        return
    del light
    angle, rows, columns = float(rng.uniform(-math.pi, math.pi)), int(rng.integers(1, 4)), int(rng.integers(1, 6))
    radius = float(rng.uniform(3, 14))
    step = radius * float(rng.uniform(2.1, 3.2))
    rim = some(rng, ((0.12, 0.14, 0.15), (0.65, 0.66, 0.64), (0.85, 0.85, 0.82), (0.40, 0.38, 0.34)))
    is_round, depth = rng.random() < 0.65, float(rng.uniform(0.25, 0.85))
    for row in range(rows):
        for column in range(columns):
            u, v = column * step, row * step
            x = spot[0] + u * math.cos(angle) - v * math.sin(angle)
            y = spot[1] + u * math.sin(angle) + v * math.cos(angle)
            size = radius * (1 if rng.random() < 0.8 else float(rng.uniform(0.6, 1)))
            shape = ring(x, y, size) if is_round else bar(x, y, angle, 2 * size, 2 * size)
            draw(canvas, shape, (0.03, 0.06, 0.07), opacity=1 - depth)
            closed = shape if is_round else np.concatenate([shape, shape[:1]])
            draw(canvas, closed, rim, float(rng.uniform(0.5, 1.3)), float(rng.uniform(0.4, 1)))
            make_solid(water, shape)


def platform(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """A square structure on legs with a long shadow: navigation light, gauge, small rig."""
    spot = _spot(rng, water)
    if spot is None:
        return
    size, angle = float(np.exp(rng.uniform(math.log(1.5), math.log(16)))), float(rng.uniform(0, math.pi / 2))
    paint = some(rng, (*DECKING, (0.62, 0.50, 0.22), (0.55, 0.25, 0.20)))
    shape = bar(*spot, angle, size, size * float(rng.uniform(0.7, 1)))
    cast(canvas, shape, light, size * float(rng.uniform(0.4, 1.5)))
    draw(canvas, shape, paint, grain=rng)
    for _ in range(int(size)):
        x, y = shape.mean(0) + rng.normal(0, size * 0.22, 2)
        draw(canvas, bar(x, y, angle, float(rng.uniform(0.5, size * 0.4)), size * 0.15), some(rng, DECKING, 0.15))
    make_solid(water, shape)


def boom(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """A floating line: oil boom, net, rope with floats; curved and thin."""
    spot = _spot(rng, water)
    if spot is None:
        return
    del light
    turn = float(rng.uniform(-math.pi, math.pi)) + np.cumsum(rng.normal(0, 0.25, 20))
    points = np.array(spot) + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], axis=1), axis=0) * float(
        rng.uniform(2, 9)
    )
    paint = some(rng, ((0.85, 0.84, 0.8), (0.75, 0.45, 0.2), (0.2, 0.2, 0.2), (0.6, 0.58, 0.5)))
    draw(canvas, points, paint, float(rng.uniform(0.4, 1.0)), float(rng.uniform(0.3, 0.9)))


def rocks(canvas: Floats, rng: Rng, water: Bools, light: Light) -> None:
    """A few rocks awash, each in a collar of foam."""
    spot = _spot(rng, water)
    if spot is None:
        return
    paint, foam = some(rng, RUBBLE), float(rng.uniform(0, 0.9))
    spread = float(rng.uniform(4, 40))
    for _ in range(int(rng.integers(1, 9))):
        x, y = np.array(spot) + rng.normal(0, spread, 2)
        size, angle = float(np.exp(rng.uniform(math.log(0.8), math.log(9)))), float(rng.uniform(0, math.pi))
        shape = blob(rng, x, y, size, float(rng.uniform(1, 2.2)), angle)
        draw(
            canvas, (shape - (x, y)) * 1.4 + (x, y) + rng.normal(0, size * 0.3, 2), (0.85, 0.88, 0.88), None, foam, 0.8
        )
        cast(canvas, shape, light, size * 0.3)
        draw(canvas, shape, shade(paint, float(rng.uniform(0.6, 1.3))), grain=rng)
        make_solid(water, shape)

"""Painters of large vessels: each draws one class on an easel, bow towards +u, from paint picked at random."""

from __future__ import annotations

import numpy as np

from shipedge_train.synth.hulls import Easel, outline
from shipedge_train.synth.palette import (
    BOXES,
    CARGO,
    DECKS,
    HATCHES,
    SIDES,
    WHITES,
    Color,
    mix,
    pick,
    shade,
    some,
    vary,
)

Rng = np.random.Generator


def _hull(e: Easel, rng: Rng, deck: Color, side: Color, shape: tuple[float, float, float, float], rise: float) -> float:
    """Hull sides up to the deck and a gunwale line; returns the deck's height in pixels."""
    points = e.unit(outline(*shape))
    height = e.width * rise
    e.prism(points, 0.0, height, deck, side)
    if rng.random() < 0.6 and e.width > 7:
        e.polygon(points, mix(deck, some(rng, (*WHITES, *SIDES)), 0.6), height)
        e.polygon(points * (1 - 1.6 / e.length, 1 - 1.8 / e.width), deck, height)
    return height


def _deck(rng: Rng) -> Color:
    """A deck's paint; red lead is the commonest."""
    return some(rng, DECKS[:4] if rng.random() < 0.4 else DECKS)


def _house(e: Easel, rng: Rng, u0: float, depth: float, height: float, share: float = 0.8) -> None:
    """Superstructure of `depth` pixels whose after end is at u0: tiers, bridge wings and a funnel abaft."""
    paint = some(rng, WHITES, 0.03)
    half = e.width * share / 2
    tall = e.width * float(rng.uniform(0.25, 0.6))
    e.block((u0, u0 + depth), (-half, half), height, height + tall * 0.6, shade(paint, 0.85))
    front = u0 + depth * float(rng.uniform(0.35, 0.6))
    e.block((front, u0 + depth), (-half * 0.9, half * 0.9), height, height + tall, paint)
    if e.width > 14:
        wing = e.width * 0.5
        e.flat((u0 + depth * 0.8, u0 + depth * 0.95), (-wing, wing), paint, height + tall)
    funnel = some(rng, (*SIDES, *BOXES[:4]))
    size = e.width * float(rng.uniform(0.08, 0.16))
    at = u0 + depth * float(rng.uniform(-0.15, 0.3))
    e.block((at, at + size * 1.6), (-size, size), height, height + tall * 1.1, funnel)


def _cranes(e: Easel, rng: Rng, spots: list[float], height: float) -> None:
    """Deck cranes on the centre line, their booms along the ship."""
    paint = some(rng, (*WHITES, (0.62, 0.48, 0.22), (0.40, 0.42, 0.42)))
    size = max(1.0, e.width * 0.07)
    reach = e.width * float(rng.uniform(0.5, 0.9)) * pick(rng, (-1, 1))
    for u in spots:
        e.block((u - size, u + size), (-size, size), height, height + e.width * 0.3, paint)
        e.line(
            (u, 0), (u + reach, e.width * float(rng.uniform(-0.25, 0.25))), size * 0.7, paint, height + e.width * 0.3
        )


def tanker(e: Easel, rng: Rng) -> None:
    """Pipes along the middle, a manifold across, house and funnel aft."""
    deck = _deck(rng)
    shape = (float(rng.uniform(0.08, 0.2)), float(rng.uniform(1.8, 3)), 0.12, float(rng.uniform(0.5, 0.8)))
    height = _hull(e, rng, deck, some(rng, SIDES), shape, float(rng.uniform(0.08, 0.3)))
    long, wide = e.length, e.width
    aft = -long / 2 + long * float(rng.uniform(0.02, 0.06))
    depth = long * float(rng.uniform(0.08, 0.14))
    pipe = vary(rng, mix(deck, pick(rng, WHITES), float(rng.uniform(0.1, 0.5))))
    e.flat((aft + depth, long * 0.4), (-wide * 0.05, wide * 0.05), pipe, height)
    for v in rng.uniform(-0.3, 0.3, int(rng.integers(2, 6))) * wide:
        e.line((aft + depth, v), (long * float(rng.uniform(0.1, 0.4)), v), 0.7, vary(rng, pipe), height)
    for u in np.linspace(aft + depth, long * 0.4, int(rng.integers(4, 9)))[1:-1]:
        e.line((u, -wide * 0.42), (u, wide * 0.42), 0.6, shade(deck, float(rng.uniform(0.8, 1.25))), height)
    middle = long * float(rng.uniform(-0.05, 0.08))
    e.flat(
        (middle, middle + long * 0.025),
        (-wide * 0.42, wide * 0.42),
        vary(rng, mix(pipe, (0.7, 0.7, 0.66), 0.4)),
        height,
    )
    if rng.random() < 0.35:
        e.disc((long * float(rng.uniform(-0.2, 0.25)), 0), wide * 0.17, (0.75, 0.72, 0.5), height)
        e.disc((long * float(rng.uniform(-0.2, 0.25)), 0), wide * 0.12, deck, height)
    _house(e, rng, aft, depth, height, float(rng.uniform(0.65, 0.95)))


def bulker(e: Easel, rng: Rng) -> None:
    """A row of hatch covers on a deck, cranes between them on some, house aft; a few hatches stand open."""
    deck = _deck(rng)
    shape = (float(rng.uniform(0.07, 0.16)), float(rng.uniform(2, 3)), 0.1, float(rng.uniform(0.6, 0.85)))
    height = _hull(e, rng, deck, some(rng, SIDES), shape, float(rng.uniform(0.08, 0.32)))
    long, wide = e.length, e.width
    aft, depth = -long / 2 + long * 0.03, long * float(rng.uniform(0.07, 0.12))
    count = int(rng.integers(3, 6)) if long < 110 else int(rng.integers(4, 10))
    start, end = aft + depth * 1.1, long * float(rng.uniform(0.38, 0.43))
    pitch = (end - start) / count
    cover = shade(deck, float(rng.uniform(0.8, 1.3))) if rng.random() < 0.35 else some(rng, HATCHES)
    share, fill = float(rng.uniform(0.25, 0.42)), float(rng.uniform(0.55, 0.85))
    is_open = rng.random() < 0.2
    cargo = some(rng, CARGO)
    for k in range(count):
        u = start + k * pitch + pitch * (1 - fill) / 2
        span = (u, u + pitch * fill)
        if is_open and rng.random() < 0.7:
            e.flat(
                span, (-wide * share, wide * share), mix(cargo, (0.05, 0.05, 0.05), float(rng.uniform(0, 0.9))), height
            )
            if rng.random() < 0.5:
                e.flat((u, u + pitch * 0.2), (-wide * share, wide * share), cover, height)
        else:
            e.block(span, (-wide * share, wide * share), height, height + wide * 0.06, vary(rng, cover, 0.02))
            if rng.random() < 0.5:
                e.line((u, 0), (u + pitch * fill, 0), 0.6, shade(cover, 0.75), height + wide * 0.06)
    if rng.random() < 0.5:
        _cranes(e, rng, [start + k * pitch for k in range(1, count, int(rng.integers(1, 3)))], height)
    _house(e, rng, aft, depth, height, float(rng.uniform(0.65, 0.95)))


def container_ship(e: Easel, rng: Rng) -> None:
    """Bays of stacked boxes, row by row in a few lines' colors, house aft or amidships."""
    shape = (float(rng.uniform(0.2, 0.32)), float(rng.uniform(1.5, 2.2)), 0.08, float(rng.uniform(0.75, 1)))
    deck = _deck(rng)
    height = _hull(e, rng, deck, some(rng, SIDES), shape, float(rng.uniform(0.15, 0.3)))
    long, wide = e.length, e.width
    colors = [pick(rng, BOXES) for _ in range(int(rng.integers(2, 8)))]
    bay = max(4.5, 8.6 * float(rng.uniform(0.8, 1.2)))
    box = max(1.7, wide / int(rng.integers(8, 14)))
    house = -long * float(rng.uniform(0.2, 0.42)) if rng.random() < 0.8 else -long * 0.05
    depth = long * float(rng.uniform(0.04, 0.07))
    full = float(rng.uniform(0.5, 1))
    u = -long / 2 + long * 0.03
    done = False
    while u < long * 0.42:
        if not done and u + bay * 0.5 > house:
            _house(e, rng, u, depth, height, 0.95)
            u, done = u + depth + 2, True
            continue
        taper = min(1.0, (0.5 - u / long) / 0.2)
        half = wide * 0.47 * taper
        base = vary(rng, pick(rng, colors))
        if rng.random() < full:
            tall = wide * float(rng.uniform(0.1, 0.4))
            e.block((u, u + bay * 0.9), (-half, half), height, height + tall, base)
            for v in np.arange(-half, half - box * 0.9, box):
                if rng.random() < 0.75:
                    tone = vary(rng, pick(rng, colors) if rng.random() < 0.7 else base)
                    e.flat(
                        (u, u + bay * (0.9 if rng.random() < 0.6 else 0.45)), (v, v + box * 0.94), tone, height + tall
                    )
        elif rng.random() < 0.6:
            e.flat((u, u + bay * 0.9), (-half * 0.9, half * 0.9), some(rng, HATCHES), height)
        u += bay


def cargo_ship(e: Easel, rng: Rng) -> None:
    """A coaster: one or two long holds, house aft (rarely forward), a mast or crane."""
    deck = _deck(rng)
    shape = (float(rng.uniform(0.15, 0.28)), float(rng.uniform(1.6, 2.4)), 0.1, float(rng.uniform(0.6, 0.9)))
    height = _hull(e, rng, deck, some(rng, SIDES), shape, float(rng.uniform(0.1, 0.3)))
    long, wide = e.length, e.width
    forward = rng.random() < 0.12
    depth = long * float(rng.uniform(0.1, 0.18))
    aft = long * 0.22 if forward else -long / 2 + long * 0.04
    start, end = (-long * 0.42, aft - 1) if forward else (aft + depth + long * 0.02, long * 0.36)
    holds = int(rng.integers(1, 4))
    pitch = (end - start) / holds
    cover = some(rng, (*HATCHES, *CARGO, *DECKS))
    half = wide * float(rng.uniform(0.28, 0.42))
    for k in range(holds):
        u = start + k * pitch
        e.block(
            (u, u + pitch * 0.9),
            (-half, half),
            height,
            height + wide * float(rng.uniform(0.02, 0.12)),
            vary(rng, cover, 0.03),
        )
        for line in np.linspace(u, u + pitch * 0.9, int(rng.integers(2, 6)))[1:-1]:
            e.line((line, -half), (line, half), 0.6, shade(cover, 0.75), height + wide * 0.08)
    if rng.random() < 0.5:
        _cranes(e, rng, [start + k * pitch for k in range(1, holds + 1)], height)
    _house(e, rng, aft, depth, height, float(rng.uniform(0.7, 0.95)))


def car_carrier(e: Easel, rng: Rng) -> None:
    """A floating box: one flat roof with rows of vents and a low bow."""
    paint = some(rng, (*WHITES, (0.40, 0.46, 0.42), (0.40, 0.42, 0.46), (0.52, 0.38, 0.32)))
    shape = (float(rng.uniform(0.12, 0.2)), 2.2, 0.05, 0.9)
    height = _hull(e, rng, shade(paint, 0.9), some(rng, SIDES), shape, float(rng.uniform(0.4, 0.6)))
    long, wide = e.length, e.width
    for v in (-wide * 0.35, wide * 0.35):
        for u in np.arange(-long * 0.4, long * 0.3, max(5.0, long * 0.06)):
            e.block((u, u + 2), (v - 1, v + 1), height, height + 2, shade(paint, 1.1))
    at = long * float(rng.uniform(0.2, 0.3))
    e.block((at, at + long * 0.06), (-wide * 0.4, wide * 0.4), height, height + wide * 0.15, some(rng, WHITES))


def naval_ship(e: Easel, rng: Rng) -> None:
    """Slender and grey from stem to stern, a pale helicopter deck aft."""
    paint = vary(rng, (0.42, 0.44, 0.45), 0.08)
    height = _hull(e, rng, paint, shade(paint, 0.7), (float(rng.uniform(0.35, 0.5)), 1.5, 0.1, 0.7), 0.15)
    long, wide = e.length, e.width
    e.flat(
        (-long * 0.46, -long * 0.28), (-wide * 0.36, wide * 0.36), shade(paint, float(rng.uniform(0.7, 1.2))), height
    )
    for start in np.sort(rng.uniform(-0.25, 0.2, int(rng.integers(2, 5)))):
        half = wide * float(rng.uniform(0.2, 0.38))
        e.block(
            (start * long, (start + 0.1) * long),
            (-half, half),
            height,
            height + wide * float(rng.uniform(0.2, 0.6)),
            vary(rng, shade(paint, 1.1)),
        )
    e.block((long * 0.26, long * 0.31), (-wide * 0.1, wide * 0.1), height, height + wide * 0.15, shade(paint, 1.1))

"""Painters of ferries, cruise ships, supply vessels, dredgers and barges."""

from __future__ import annotations

import numpy as np

from shipedge_train.synth.hulls import Easel, outline
from shipedge_train.synth.palette import BOXES, CARGO, DECKS, SIDES, WHITES, mix, pick, shade, some, vary

Rng = np.random.Generator


def ferry(e: Easel, rng: Rng) -> None:
    """White decks stacked over nearly the whole hull, a funnel, boats along the sides."""
    paint = some(rng, WHITES, 0.03)
    bow = float(rng.uniform(0.15, 0.35))
    height = e.width * float(rng.uniform(0.15, 0.35))
    points = e.unit(outline(bow, float(rng.uniform(1.5, 2.4)), 0.08, float(rng.uniform(0.6, 1))))
    e.prism(points, 0, height, shade(paint, float(rng.uniform(0.6, 1))), some(rng, (*SIDES, *WHITES)))
    long, wide = e.length, e.width
    start, end = -long * float(rng.uniform(0.3, 0.46)), long * float(rng.uniform(0.2, 0.36))
    tiers = int(rng.integers(1, 4))
    for k in range(tiers):
        half = wide * (0.44 - 0.07 * k)
        tone = vary(rng, paint if rng.random() < 0.7 else some(rng, DECKS), 0.03)
        e.block((start, end), (-half, half), height + wide * 0.12 * k, height + wide * 0.12 * (k + 1), tone)
        start, end = start + long * float(rng.uniform(0.02, 0.12)), end - long * float(rng.uniform(0.01, 0.08))
    top = height + wide * 0.12 * tiers
    for v in (-wide * 0.36, wide * 0.36):
        if rng.random() < 0.5:
            for u in np.arange(start, end, max(4.0, long * 0.05)):
                e.flat((u, u + max(1.5, long * 0.025)), (v - 0.7, v + 0.7), (0.72, 0.40, 0.22), top)
    at = start + (end - start) * float(rng.uniform(0.05, 0.4))
    funnel = some(rng, (*SIDES, *BOXES))
    size = wide * float(rng.uniform(0.1, 0.16))
    e.block((at, at + size * 2), (-size, size), top, top + wide * 0.25, funnel)
    if rng.random() < 0.5:
        e.flat((end - long * 0.06, end - long * 0.02), (-wide * 0.45, wide * 0.45), some(rng, WHITES), top)
    if rng.random() < 0.3 and long > 90:
        e.flat((start + long * 0.1, start + long * 0.2), (-wide * 0.12, wide * 0.12), (0.2, 0.45, 0.55), top)


def supply_ship(e: Easel, rng: Rng) -> None:
    """House forward, long open working deck aft with odds and ends on it."""
    deck = some(rng, DECKS)
    height = e.width * float(rng.uniform(0.1, 0.2))
    e.prism(e.unit(outline(0.22, 2.0, 0.05, 0.9)), 0, height, deck, some(rng, SIDES))
    long, wide = e.length, e.width
    e.flat((-long * 0.46, long * 0.1), (-wide * 0.4, wide * 0.4), some(rng, (*CARGO, *DECKS)), height)
    for _ in range(int(rng.integers(0, 8))):
        u, v = float(rng.uniform(-0.45, 0.05)) * long, float(rng.uniform(-0.35, 0.2)) * wide
        e.block((u, u + wide * 0.25), (v, v + wide * 0.12), height, height + wide * 0.1, some(rng, BOXES))
    paint = some(rng, (*WHITES, *WHITES, (0.65, 0.35, 0.2), (0.62, 0.55, 0.25)))
    at = long * float(rng.uniform(0.1, 0.2))
    e.block((at, long * 0.38), (-wide * 0.42, wide * 0.42), height, height + wide * 0.3, paint)
    e.block(
        (at + long * 0.06, long * 0.3), (-wide * 0.34, wide * 0.34), height, height + wide * 0.55, shade(paint, 1.08)
    )
    if rng.random() < 0.35:
        e.disc((long * 0.42, 0), wide * 0.3, (0.30, 0.42, 0.38), height + wide * 0.5)
        e.disc((long * 0.42, 0), wide * 0.18, (0.70, 0.68, 0.45), height + wide * 0.5)


def dredger(e: Easel, rng: Rng) -> None:
    """An open hopper of muddy water amidships, gantries across, house at one end."""
    deck = some(rng, DECKS)
    height = e.width * float(rng.uniform(0.08, 0.2))
    e.prism(e.unit(outline(float(rng.uniform(0.06, 0.2)), 2.2, 0.06, 0.9)), 0, height, deck, some(rng, SIDES))
    long, wide = e.length, e.width
    e.flat((-long * 0.2, long * 0.3), (-wide * 0.33, wide * 0.33), some(rng, CARGO), height)
    for u in np.linspace(-long * 0.2, long * 0.3, int(rng.integers(3, 7))):
        e.line((u, -wide * 0.45), (u, wide * 0.45), max(0.8, long * 0.012), vary(rng, shade(deck, 1.15)), height)
    e.line((-long * 0.25, 0), (long * 0.35, 0), max(1.0, wide * 0.07), some(rng, WHITES), height + 1)
    for v in (-wide * 0.45, wide * 0.45):
        e.line((-long * 0.3, v), (long * 0.25, v), max(1.0, wide * 0.06), some(rng, BOXES), height)
    at = -long * 0.45 if rng.random() < 0.7 else long * 0.3
    e.block((at, at + long * 0.13), (-wide * 0.38, wide * 0.38), height, height + wide * 0.4, some(rng, WHITES))


def barge(e: Easel, rng: Rng) -> None:
    """A plain pontoon: empty, with heaps, with covered holds, with containers or with a crane."""
    deck = some(rng, (*DECKS, *CARGO))
    height = e.width * float(rng.uniform(0.03, 0.15))
    rake = float(rng.uniform(0.02, 0.12))
    shape = outline(rake, float(rng.uniform(1.2, 3)), 0.03, float(rng.uniform(0.85, 1)))
    e.prism(e.unit(shape), 0, height, deck, some(rng, SIDES[:7]))
    long, wide = e.length, e.width
    e.polygon(e.unit(shape) * (1 - 1.2 / long, 1 - 1.5 / wide), shade(deck, float(rng.uniform(0.75, 1.2))), height)
    load = pick(rng, ("empty", "empty", "heap", "heap", "hold", "boxes", "crane", "plates"))
    if load == "heap":
        cargo = some(rng, CARGO)
        half = wide * float(rng.uniform(0.3, 0.42))
        e.flat((-long * 0.45, long * 0.42), (-half, half), cargo, height)
        for _ in range(int(rng.integers(1, 6))):
            center = (long * float(rng.uniform(-0.35, 0.35)), wide * float(rng.uniform(-0.1, 0.1)))
            e.disc(center, half * float(rng.uniform(0.5, 0.9)), vary(rng, cargo, 0.06), height)
    elif load == "hold":
        e.flat((-long * 0.43, long * 0.4), (-wide * 0.36, wide * 0.36), some(rng, (*CARGO, *DECKS)), height)
        for u in np.linspace(-long * 0.43, long * 0.4, int(rng.integers(3, 8))):
            e.line((u, -wide * 0.36), (u, wide * 0.36), 0.7, shade(deck, 1.15), height)
    elif load == "boxes":
        for u in np.arange(-long * 0.42, long * 0.36, max(3.0, long * 0.1)):
            for v in np.arange(-wide * 0.38, wide * 0.3, max(1.8, wide * 0.13)):
                if rng.random() < 0.6:
                    e.block((u, u + long * 0.09), (v, v + wide * 0.12), height, height + 2, some(rng, BOXES))
    elif load == "crane":
        at = long * float(rng.uniform(-0.3, 0.3))
        e.block(
            (at - wide * 0.2, at + wide * 0.2),
            (-wide * 0.2, wide * 0.2),
            height,
            height + wide * 0.25,
            some(rng, BOXES),
        )
        tip = (
            float(np.clip(at + wide * rng.uniform(-1.5, 1.5), -long / 2, long / 2)),
            wide * float(rng.uniform(-0.4, 0.4)),
        )
        e.line((at, 0), tip, max(0.9, wide * 0.06), some(rng, (*WHITES, *BOXES)), height + wide * 0.3)
    elif load == "plates":
        for u in np.linspace(-long * 0.45, long * 0.4, int(rng.integers(3, 9))):
            tone = mix(deck, some(rng, (*CARGO, *DECKS)), float(rng.uniform(0, 0.7)))
            e.flat((u, u + long * 0.08), (-wide * 0.4, wide * 0.4), tone, height)
    if rng.random() < 0.25:
        e.block((-long * 0.47, -long * 0.4), (-wide * 0.3, wide * 0.3), height, height + wide * 0.2, some(rng, WHITES))

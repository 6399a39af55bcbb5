"""Painters of small craft, a few to some tens of pixels long: what is left of them at this resolution."""

from __future__ import annotations

import numpy as np

from shipedge_train.synth.hulls import Easel, outline
from shipedge_train.synth.palette import BOATS, CARGO, DECKS, SIDES, WHITES, Color, mix, pick, shade, some, vary

Rng = np.random.Generator


def _body(
    e: Easel, rng: Rng, paint: Color, side: Color, bow: float, rise: float = 0.12, transom: float = 0.75
) -> float:
    """A boat's hull with a rim; returns the deck's height in pixels."""
    height = max(0.5, e.width * rise * float(rng.uniform(0.8, 3.5)))
    shape = outline(bow, float(rng.uniform(1.3, 2.2)), 0.15, transom)
    e.prism(e.unit(shape), 0.0, height, paint, side)
    return height


def speedboat(e: Easel, rng: Rng) -> None:
    """Pointed white hull, a dark cockpit aft of the middle or a windscreen."""
    paint = some(rng, WHITES if rng.random() < 0.6 else BOATS, 0.04)
    height = _body(e, rng, paint, shade(paint, 0.7), float(rng.uniform(0.4, 0.7)), transom=float(rng.uniform(0.75, 1)))
    long, wide = e.length, e.width
    if rng.random() < 0.7:
        well = mix(paint, some(rng, (*SIDES, *CARGO, *DECKS)), float(rng.uniform(0.3, 1)))
        end = long * float(rng.uniform(-0.1, 0.15))
        e.flat((-long * 0.42, end), (-wide * 0.3, wide * 0.3), well, height)
    if rng.random() < 0.5:
        at = long * float(rng.uniform(-0.2, 0.05))
        e.block((at, at + long * 0.2), (-wide * 0.28, wide * 0.28), height, height + wide * 0.3, some(rng, WHITES))


def yacht(e: Easel, rng: Rng) -> None:
    """Motor yacht: white, two tiers, teak or grey decks."""
    paint = some(rng, WHITES, 0.03)
    height = _body(e, rng, paint, some(rng, (*WHITES, *SIDES)), float(rng.uniform(0.4, 0.6)), 0.2, 0.85)
    long, wide = e.length, e.width
    e.flat(
        (-long * 0.47, -long * 0.25),
        (-wide * 0.36, wide * 0.36),
        some(rng, ((0.56, 0.46, 0.34), (0.5, 0.5, 0.5))),
        height,
    )
    e.block((-long * 0.28, long * 0.18), (-wide * 0.34, wide * 0.34), height, height + wide * 0.25, paint)
    e.flat((long * 0.08, long * 0.17), (-wide * 0.3, wide * 0.3), (0.15, 0.17, 0.2), height + wide * 0.2)
    e.block((-long * 0.2, long * 0.05), (-wide * 0.26, wide * 0.26), height, height + wide * 0.45, shade(paint, 1.05))


def sailboat(e: Easel, rng: Rng) -> None:
    """Slim white hull, sometimes under a sail that leans out as a bright triangle."""
    paint = some(rng, WHITES, 0.03)
    height = _body(e, rng, paint, some(rng, (*WHITES, *SIDES)), float(rng.uniform(0.5, 0.65)), transom=0.6)
    long, wide = e.length, e.width
    e.flat((-long * 0.4, -long * 0.15), (-wide * 0.25, wide * 0.25), some(rng, BOATS[2:]), height)
    e.line(
        (long * 0.1, 0),
        (-long * 0.35, wide * float(rng.uniform(-0.3, 0.3))),
        max(0.6, wide * 0.12),
        some(rng, (*WHITES, *DECKS)),
        height,
    )
    if rng.random() < 0.4:
        out = wide * float(rng.uniform(0.2, 0.6)) * pick(rng, (-1, 1))
        sail = np.array([[long * 0.12, 0], [-long * 0.4, out], [-long * 0.2, out * 0.2]])
        e.polygon(sail, (0.95, 0.95, 0.93), height + 1)


def tug(e: Easel, rng: Rng) -> None:
    """Stubby, house forward of the middle, dark deck, fenders all round."""
    deck = some(rng, (*DECKS, *DECKS[7:11]))
    fender = some(rng, SIDES[:6])
    points = e.unit(outline(float(rng.uniform(0.3, 0.45)), 2.0, 0.2, float(rng.uniform(0.7, 0.9))))
    height = e.width * 0.15
    e.prism(points, 0, height, fender, fender)
    e.polygon(points * 0.86, deck, height)
    long, wide = e.length, e.width
    paint = some(rng, (*WHITES, *WHITES, *DECKS))
    at = long * float(rng.uniform(-0.12, 0.05))
    e.block((at, at + long * 0.27), (-wide * 0.28, wide * 0.28), height, height + wide * 0.25, paint)
    e.block(
        (at + long * 0.12, at + long * 0.24), (-wide * 0.2, wide * 0.2), height, height + wide * 0.5, some(rng, WHITES)
    )
    if rng.random() < 0.6:
        e.block(
            (at - long * 0.07, at),
            (-wide * 0.15, wide * 0.15),
            height,
            height + wide * 0.45,
            some(rng, (*SIDES, *DECKS)),
        )


def fishing_boat(e: Easel, rng: Rng) -> None:
    """Wheelhouse at one end, cluttered deck, hull of any color; masts and booms on larger ones."""
    paint, deck = some(rng, (*BOATS, *SIDES)), some(rng, (*DECKS, *CARGO, *BOATS))
    height = _body(e, rng, paint, shade(paint, 0.6), float(rng.uniform(0.3, 0.5)), 0.15, float(rng.uniform(0.5, 0.9)))
    long, wide = e.length, e.width
    e.polygon(e.unit(outline(0.4, 1.6, 0.15, 0.7)) * (0.85, 0.68), deck, height)
    for _ in range(int(rng.integers(0, 5))):
        u, v = float(rng.uniform(-0.38, 0.25)) * long, float(rng.uniform(-0.25, 0.1)) * wide
        e.flat((u, u + long * 0.08), (v, v + wide * 0.2), some(rng, (*BOATS, *DECKS, *CARGO)), height)
    at = -long * float(rng.uniform(0.3, 0.4)) if rng.random() < 0.65 else long * 0.1
    house = some(rng, (*WHITES, *WHITES, *BOATS))
    e.block(
        (at, at + long * float(rng.uniform(0.14, 0.25))), (-wide * 0.3, wide * 0.3), height, height + wide * 0.35, house
    )
    if rng.random() < 0.5:
        e.line(
            (-long * 0.3, 0), (long * 0.4, 0), max(0.5, wide * 0.07), some(rng, (*WHITES, *SIDES)), height + wide * 0.4
        )


def outrigger(e: Easel, rng: Rng) -> None:
    """A narrow hull between two thin floats on crossbeams; the label spans the floats."""
    long, wide = e.length, e.width
    paint = some(rng, BOATS, 0.06)
    beam = mix(paint, some(rng, WHITES), 0.4)
    height = 1.0
    hull = outline(0.4, 1.5, 0.3, 0.3) * (long, wide * float(rng.uniform(0.25, 0.4)))
    for u in np.linspace(-0.25, 0.25, int(rng.integers(2, 4))) * long:
        e.line((u, -wide * 0.46), (u, wide * 0.46), 0.5, beam, height)
    for v in (-wide * 0.45, wide * 0.45):
        e.line((-long * 0.36, v), (long * 0.36, v), 0.6, beam, 0.2)
    e.prism(hull, 0.0, height, paint, shade(paint, 0.6))
    if rng.random() < 0.6:
        e.block(
            (-long * 0.2, long * 0.1), (-wide * 0.13, wide * 0.13), height, height + 1, some(rng, (*WHITES, *BOATS))
        )


def skiff(e: Easel, rng: Rng) -> None:
    """The smallest: a one-color sliver with perhaps a lighter or darker end."""
    paint = some(rng, BOATS, 0.08)
    height = _body(e, rng, paint, shade(paint, 0.65), float(rng.uniform(0.3, 0.6)), 0.1, float(rng.uniform(0.5, 1)))
    long, wide = e.length, e.width
    if rng.random() < 0.6:
        inside = mix(paint, some(rng, (*CARGO, *BOATS, *SIDES)), float(rng.uniform(0.3, 0.9)))
        e.flat((-long * 0.36, long * 0.2), (-wide * 0.26, wide * 0.26), inside, height)
    if rng.random() < 0.6:
        at = float(rng.uniform(-0.45, 0.15)) * long
        span = (at, at + long * float(rng.uniform(0.15, 0.4)))
        e.flat(span, (-wide * 0.4, wide * 0.4), some(rng, (*WHITES, *WHITES, *BOATS)), height)


def workboat(e: Easel, rng: Rng) -> None:
    """Grey or rusty and angular: pilot boats, landing craft, small ferries."""
    deck = some(rng, (*DECKS, *BOATS))
    height = _body(e, rng, deck, some(rng, SIDES), float(rng.uniform(0.12, 0.4)), 0.15, 0.95)
    long, wide = e.length, e.width
    well = vary(rng, mix(deck, some(rng, (*CARGO, *DECKS, *WHITES)), 0.7))
    e.flat((-long * 0.1, long * 0.34), (-wide * 0.34, wide * 0.34), well, height)
    e.block(
        (-long * 0.42, -long * float(rng.uniform(0.1, 0.2))),
        (-wide * 0.36, wide * 0.36),
        height,
        height + wide * 0.35,
        some(rng, (*WHITES, *BOATS)),
    )

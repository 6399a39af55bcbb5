"""Open water: body color, wind waves and swell, glint, slicks, plumes, whitecaps and colored sparkles."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shipedge_train.synth.noise import (
    SIZE,
    Field,
    blend,
    fractal,
    scale,
    smoothstep,
    softened,
    to_unit,
    wave_band,
    waves,
    white,
)

# Body colors (8-bit RGB) seen from orbit, with how often: deep blue, teal, green, milky, grey, brown, black water.
WATERS: tuple[tuple[float, tuple[int, int, int]], ...] = (
    (3.0, (3, 18, 46)),
    (3.0, (6, 28, 54)),
    (2.0, (14, 32, 60)),
    (2.0, (28, 52, 80)),
    (2.0, (6, 42, 62)),
    (3.0, (11, 40, 48)),
    (2.0, (4, 50, 66)),
    (1.5, (4, 22, 28)),
    (2.0, (28, 62, 78)),
    (2.5, (25, 62, 62)),
    (1.5, (22, 78, 102)),
    (2.0, (30, 70, 62)),
    (1.0, (18, 52, 40)),
    (1.0, (9, 28, 24)),
    (1.2, (58, 98, 80)),
    (1.2, (85, 116, 104)),
    (1.0, (112, 146, 148)),
    (1.0, (64, 92, 108)),
    (0.8, (84, 116, 120)),
    (0.5, (88, 86, 60)),
    (0.4, (116, 106, 74)),
    (0.5, (26, 84, 92)),
    (0.8, (62, 66, 84)),
)


@dataclass(slots=True)
class Sea:
    """Painted water: `canvas` (768, 768, 3) display values, and what the coast and the clouds need to know of it.

    Attributes:
        canvas: The image so far, float32 RGB, 0..1.
        wind: Direction in which the waves travel, radians.
        glint: Share of mirrored sky and sun, 0 (body color only) to 1 (grey metal).
    """

    canvas: Field
    wind: float
    glint: float


def rgb(*color: float) -> NDArray[np.float32]:
    """An 8-bit color as float32 in 0..1."""
    return np.asarray(np.asarray(color) / 255, np.float32)


def water_color(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a body color between two neighbours of the palette, with jitter."""
    weights = np.array([w for w, _ in WATERS])
    colors = np.array([c for _, c in WATERS], np.float32) / 255
    first = colors[rng.choice(len(colors), p=weights / weights.sum())]
    near = np.argsort(np.abs(colors - first).sum(1))[: 1 + int(rng.integers(1, 6))]
    color = first + (colors[rng.choice(near)] - first) * float(rng.uniform(0, 0.7))
    color = color * np.exp(rng.normal(0, 0.07, 3)) * math.exp(rng.normal(-0.12, 0.2)) + rng.normal(0, 0.006, 3)
    return np.asarray(np.clip(color, 0.002, 0.75), np.float32)


def _wave_field(rng: np.random.Generator, wind: float, rough: float, glint: float) -> Field:
    """Sum of one to four wave systems, standard deviation 1, with the crest shape of a random look."""
    systems = []
    main = float(np.exp(rng.uniform(math.log(4.0), math.log(11 + 20 * rough))))
    focus = float(rng.choice([rng.uniform(0, 0.8), rng.uniform(0.3, 2.5)]))
    systems.append((1.0, wave_band(main, wind, focus, rng.uniform(0.5, 1.6), rng.uniform(0.6, 1.9))))
    if rng.random() < 0.35:
        swell = main * float(rng.uniform(1.5, 5))
        turn = wind + float(rng.normal(0, 0.6))
        systems.append((rng.uniform(0.15, 0.7), wave_band(swell, turn, rng.uniform(1, 12), 0.5, rng.uniform(0.3, 0.7))))
    if rng.random() < 0.4:
        systems.append((rng.uniform(0.2, 0.7), wave_band(rng.uniform(4, 8), wind, rng.uniform(0, 3), 0.6, 0.8)))
    if rng.random() < 0.2:
        turn = wind + float(rng.uniform(0.5, 1.6))
        systems.append((rng.uniform(0.2, 0.7), wave_band(rng.uniform(8, 40), turn, rng.uniform(6, 60), 0.3, 0.4)))
    systems.append((rng.uniform(0.3, 1.0), wave_band(rng.uniform(3.5, 9), 0.0, 0.0, 1.5, 1.0)))
    energy = np.zeros_like(systems[0][1])
    for share, band in systems:
        energy += np.float32(share * share) * band * band
    field = waves(rng, np.sqrt(energy))
    look = 1.0 if rng.random() < 0.6 * glint else rng.random()
    if look < 0.3:
        return field
    if look < 0.65:  # bright crests on a dark floor
        return to_unit(np.exp(field * np.float32(rng.uniform(0.2, 1.1))))
    if look < 0.85:  # dark troughs in a bright sheet
        return to_unit(-np.exp(field * np.float32(-rng.uniform(0.2, 0.6))))
    relief = -np.abs(field) + np.float32(rng.uniform(0.2, 1.0)) * field  # sharp crests, lit from one side
    dx, dy = round(1.4 * math.cos(wind)), round(1.4 * math.sin(wind))
    return to_unit(relief - np.roll(relief, (dy or 1, dx), (0, 1)))


def _patches(rng: np.random.Generator, sea: Sea, calm: Field) -> None:
    """Plumes, color drift and gradients: large soft shapes under the waves; slicks lower `calm` in place."""
    canvas = sea.canvas
    if rng.random() < 0.75:
        ramp = np.linspace(-1, 1, SIZE, dtype=np.float32)
        turn = float(rng.uniform(-math.pi, math.pi))
        slope = ramp[None, :] * np.float32(math.cos(turn)) + ramp[:, None] * np.float32(math.sin(turn))
        tint = rng.normal(0, 1, 3) * 0.25 + rng.normal(0, 1)
        tint *= rng.uniform(0, 0.12)
        for band in range(3):
            canvas[:, :, band] *= 1 + slope * np.float32(tint[band])
    if rng.random() < 0.5:
        drift = fractal(rng, 3.0, rng.uniform(1.5, 5), rng.uniform(1, 3))
        tint = rng.normal(0, 1, 3) * 0.4 + rng.normal(0, 1)
        tint *= abs(rng.normal(0, 0.035))
        for band in range(3):
            canvas[:, :, band] *= 1 + drift * np.float32(tint[band])
    if rng.random() < 0.1:  # a second water body with a ragged front
        front = fractal(rng, 3.0, rng.uniform(1.5, 5), rng.uniform(1, 4))
        edge = float(rng.uniform(-0.5, 1.5))
        weight = smoothstep(front, edge, edge + float(rng.uniform(0.35, 2.0))) * np.float32(rng.uniform(0.1, 0.7))
        blend(canvas, water_color(rng), weight)
    if rng.random() < 0.22:  # slicks and current lines: thin level lines of a stretched field
        angle = sea.wind + float(rng.normal(math.pi / 2, 0.5))
        lines = np.abs(fractal(rng, rng.uniform(2.4, 3.2), rng.uniform(1, 4), rng.uniform(2, 8), angle))
        width = float(rng.uniform(0.02, 0.25))
        mask = 1 - smoothstep(lines, 0, width)
        mask *= smoothstep(fractal(rng, 2.2, rng.uniform(0.5, 2)), -0.5, 0.8)
        calm *= 1 - np.float32(rng.uniform(0.3, 0.9)) * mask
        shade = float(rng.uniform(-0.35, 0.15)) * (1 + sea.glint)
        scale(canvas, 1 + np.float32(shade) * mask)
    if rng.random() < 0.05:  # shallow bank or reef showing through
        reef = softened(fractal(rng, 3.0, rng.uniform(1.5, 4)), float(rng.uniform(2, 8)))
        reef += np.float32(rng.uniform(0.0, 0.12)) * fractal(rng, 2.4, 0.5)
        edge = float(rng.uniform(0.5, 1.8))
        weight = smoothstep(reef, edge, edge + float(rng.uniform(0.4, 1.8))) * np.float32(rng.uniform(0.3, 0.9))
        bright = canvas[::8, ::8].mean((0, 1)) * 0.5 + rgb(*rng.uniform((20, 90, 70), (130, 180, 150))) * 0.5
        bottom = bright * (1 + 0.12 * fractal(rng, 1.8, 0.5)[:, :, None])
        blend(canvas, np.asarray(bottom, np.float32), weight)


def _whitecaps(rng: np.random.Generator, sea: Sea, field: Field) -> None:
    """Scatter breaking crests: rare peaks of a short, crest-wise stretched field, brightest where waves are high."""
    crest = fractal(rng, rng.uniform(0.6, 1.4), rng.uniform(0.6, 1.6), rng.uniform(1, 3), sea.wind + math.pi / 2)
    crest += 0.5 * field + np.float32(rng.uniform(0.2, 0.9)) * fractal(rng, 2.2, rng.uniform(0.5, 2))
    share = float(np.exp(rng.uniform(math.log(5e-5), math.log(6e-3))))
    level = float(np.quantile(crest[::3, ::3], 1 - share))
    weight = smoothstep(crest, level, level + float(rng.uniform(0.2, 0.9)))
    blend(sea.canvas, rgb(*(rng.uniform(170, 250) * rng.uniform(0.92, 1.0, 3))), weight * rng.uniform(0.4, 1.0))


def _sparkles(rng: np.random.Generator, sea: Sea) -> None:
    """Sun glitter: single bright pixels; color bands exposed one after the other see different facets."""
    density = np.exp(0.8 * fractal(rng, 2.0, rng.uniform(0.5, 2.5)))
    share = float(np.exp(rng.uniform(math.log(3e-4), math.log(2e-2))))
    density **= np.float32(0.15)
    common, strength = white(rng), float(rng.uniform(0.2, 0.7))
    level = float(np.quantile(common[::3, ::3], 1 - share))
    coherence = float(rng.uniform(0.3, 1.0))
    warm = rng.uniform(0.6, 1.1, 3)
    for band in range(3):
        own = np.roll(common, rng.integers(-1, 2, 2), (0, 1)) if rng.random() < 0.7 else common
        if coherence < 0.9:
            own = coherence * own + math.sqrt(1 - coherence**2) * white(rng)
        spark = np.clip((own * density - level) * 2, 0, 1.5)
        sea.canvas[:, :, band] += spark * np.float32(strength * warm[band])


def paint_sea(rng: np.random.Generator) -> Sea:
    """Paint open water over the whole frame."""
    rough = float(rng.beta(1.2, 1.8))
    glint = 0.0 if rng.random() < 0.57 else float(rng.beta(1.4, 1.2))
    color = water_color(rng)
    metal = rgb(*(rng.uniform(60, 165) * rng.uniform(0.93, 1.07, 3)))
    color = color + (metal - color) * np.float32(0.9 * glint)
    sea = Sea(np.full((SIZE, SIZE, 3), color, np.float32), float(rng.uniform(-math.pi, math.pi)), glint)
    calm = np.ones((SIZE, SIZE), np.float32)
    _patches(rng, sea, calm)
    field = _wave_field(rng, sea.wind, rough, glint)
    # Contrast grows with the mirrored light; a third of all seas is close to featureless.
    std = math.exp(rng.normal(math.log(2.3), 0.5)) + 14 * glint * float(rng.uniform(0.5, 1.7))
    if rng.random() < 0.35:
        std += float(rng.uniform(0, 8)) * rough
    if rng.random() < 0.5:
        gusts = fractal(rng, rng.uniform(2.0, 3.0), rng.uniform(0.7, 3), rng.uniform(1, 3))
        calm *= np.exp(gusts * np.float32(rng.uniform(0.05, 0.35)))
    if rng.random() < 0.12:  # facets below two pixels that mirror the sun: hard grain
        facets = waves(rng, wave_band(rng.uniform(2.1, 4), sea.wind, rng.uniform(0, 2), 0.5, 1.0))
        facets = to_unit(np.exp(facets * np.float32(rng.uniform(0.2, 1.0))))
        field = to_unit(field + np.float32(rng.uniform(0.3, 2.5)) * facets)
        std += float(rng.uniform(0, 14))
    tint = np.array([0.99, 1.0, 1.015], np.float32) * np.exp(rng.normal(0, 0.012, 3)).astype(np.float32)
    # Wavelets down to a pixel and below: the camera alone decides where the spectrum of the sea ends.
    field += white(rng) * np.float32(rng.uniform(0.2, 0.9))
    relief = field * calm * np.float32(std / 255)
    for band in range(3):
        sea.canvas[:, :, band] += relief * tint[band]
    if rng.random() < 0.16 + 0.15 * rough:
        _whitecaps(rng, sea, field)
    if rng.random() < 0.07:
        _sparkles(rng, sea)
    np.clip(sea.canvas, 0, 1, out=sea.canvas)
    return sea

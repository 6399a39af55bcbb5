"""Ground that nobody built: forest, scrub, grass, desert, rock, sand and mud, each a whole (768, 768, 3) image."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.synth.light import Light
from shipedge_train.synth.noise import (
    SIZE,
    Field,
    blend,
    fractal,
    scale,
    shifted,
    smoothstep,
    to_unit,
    wave_band,
    waves,
)
from shipedge_train.synth.sea import rgb


def relief(height: Field, light: Light, reach: float = 1.5) -> Field:
    """Brightness of slopes under the sun, unit standard deviation: lit sides positive, (768, 768)."""
    moved = shifted(height, -reach * math.cos(light.azimuth), -reach * math.sin(light.azimuth))
    return to_unit(height - moved)


def mixed(low: NDArray[np.float32], high: NDArray[np.float32], weight: Field) -> Field:
    """Blend of two colors by a field clipped to 0..1: (768, 768, 3)."""
    weight = np.clip(weight, 0, 1)
    bands = [weight * np.float32(high[band] - low[band]) + np.float32(low[band]) for band in range(3)]
    return np.asarray(cv2.merge(bands), np.float32)


def _shaded(ground: Field, shade: Field, amount: float) -> Field:
    scale(ground, np.clip(1 + shade * np.float32(amount), 0.2, 2))
    return ground


def forest(rng: np.random.Generator, light: Light) -> Field:
    """Closed or open tree crowns of 5 to 12 pixels with their own shadows."""
    crowns = waves(rng, wave_band(rng.uniform(5, 12), 0, 0, 0.5, 0.6))
    dark = rgb(*(rng.uniform(12, 40) * np.array([0.8, 1.1, 0.75]) * rng.normal(1, 0.035, 3)))
    green = rgb(*(rng.uniform(55, 100) * np.array([0.8, 1.0, 0.55]) * rng.normal(1, 0.02, 3)))
    stand = fractal(rng, 2.4, rng.uniform(0.6, 2))
    ground = mixed(dark, green, 0.45 + 0.22 * stand + 0.18 * crowns)
    if rng.random() < 0.5:  # clearings
        bare = rgb(*(rng.uniform(70, 150) * np.array([1.0, 0.88, 0.62])))
        edge = float(rng.uniform(0.3, 1.8))
        glade = smoothstep(stand + 0.3 * crowns, edge, edge + 0.4)
        blend(ground, bare, glade * np.float32(rng.uniform(0.3, 0.9)))
    return _shaded(ground, relief(crowns + stand, light), rng.uniform(0.15, 0.4))


def scrub(rng: np.random.Generator, light: Light) -> Field:
    """Dry grass with bushes and bare patches."""
    grass = rgb(*(rng.uniform(70, 130) * np.array([0.95, 0.95, 0.62]) * rng.normal(1, 0.035, 3)))
    soil = rgb(*(rng.uniform(80, 170) * np.array([1.05, 0.88, 0.66]) * rng.normal(1, 0.02, 3)))
    ground = mixed(grass, soil, 0.5 + 0.5 * fractal(rng, 2.4, rng.uniform(0.5, 2)))
    bushes = smoothstep(fractal(rng, 1.2, rng.uniform(1, 3)), rng.uniform(0.4, 1.6), 2.2)
    scale(ground, 1 - np.float32(rng.uniform(0.3, 0.7)) * bushes)
    return _shaded(ground, relief(fractal(rng, 1.8, 1), light), rng.uniform(0.04, 0.16))


def desert(rng: np.random.Generator, light: Light) -> Field:
    """Bare hills cut by valleys."""
    height = fractal(rng, 3.0, rng.uniform(0.8, 2.5))
    height -= np.abs(fractal(rng, 2.4, rng.uniform(0.7, 1.5))) * np.float32(rng.uniform(0.3, 1))
    pale = rgb(*(rng.uniform(120, 190) * np.array([1.05, 0.9, 0.7]) * rng.normal(1, 0.02, 3)))
    dark = pale * np.float32(rng.uniform(0.35, 0.7))
    ground = mixed(dark, pale, 0.5 + 0.35 * fractal(rng, 2.4, rng.uniform(0.5, 2)))
    return _shaded(ground, relief(to_unit(height), light, rng.uniform(2, 6)), rng.uniform(0.1, 0.28))


def rock(rng: np.random.Generator, light: Light) -> Field:
    """Grey or reddish rock, rough at every scale."""
    tone = rgb(*(rng.uniform(55, 150) * np.array([1.03, 0.97, 0.88]) * rng.normal(1, 0.02, 3)))
    rough = fractal(rng, 1.8, rng.uniform(0.6, 1.6))
    ground = mixed(tone * np.float32(0.45), tone * np.float32(1.25), 0.5 + 0.3 * rough)
    return _shaded(ground, relief(rough, light, 2), rng.uniform(0.15, 0.35))


def sand(rng: np.random.Generator, light: Light) -> Field:
    """Smooth bright sand or mud with faint stains."""
    tone = rgb(*(rng.uniform(95, 200) * np.array([1.06, 0.97, 0.84]) * rng.normal(1, 0.02, 3)))
    ground = np.full((SIZE, SIZE, 3), tone, np.float32)
    return _shaded(ground, fractal(rng, 2.4, rng.uniform(0.5, 2)), rng.uniform(0.02, 0.1))


TERRAINS = {"forest": forest, "scrub": scrub, "desert": desert, "rock": rock, "sand": sand}

"""Clouds, their shadows on the sea, and haze."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from shipedge_train.synth.light import Light
from shipedge_train.synth.noise import SIZE, Field, blend, fractal, shifted, softened, to_unit
from shipedge_train.synth.sea import rgb


@dataclass(frozen=True, slots=True)
class Sky:
    """What lies between scene and sensor: `cover` (768, 768) opacity 0..1 and how to paint it."""

    cover: Field
    shade: Field
    shadow: Field


def _curled(rng: np.random.Generator, field: Field) -> Field:
    """Shift every point by a smooth random flow: wisps and curls instead of blots."""
    lines = np.arange(SIZE, dtype=np.float32)
    reach = np.float32(rng.uniform(0, 10))
    x = lines[None, :] + reach * fractal(rng, 3.0, rng.uniform(0.3, 0.8))
    y = lines[:, None] + reach * fractal(rng, 3.0, rng.uniform(0.3, 0.8))
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


def sample_sky(rng: np.random.Generator, light: Light, kind: str) -> Sky:
    """Draw clouds.

    Args:
        rng: The scene's generator.
        light: Sun of the scene.
        kind: `cumulus` (white heaps with shadows), `veil` (thin), `broken` (thick, with gaps in which the sea is dark),
            `overcast` (covers most of the image).
    """
    field = fractal(rng, 3.0, rng.uniform(1.3, 4.5), rng.uniform(1, 1.8))
    for zoom, share in ((0.6, rng.uniform(0.1, 0.35)), (0.3, rng.uniform(0, 0.12))):
        field = field + np.float32(share) * fractal(rng, 3.0, zoom)
    field = to_unit(_curled(rng, field))
    if kind == "overcast":
        edge, gain = float(rng.uniform(-2.2, -0.4)), float(rng.uniform(0.8, 3))
    elif kind == "broken":
        edge, gain = float(rng.uniform(-1.4, 0.2)), float(rng.uniform(1.5, 8))
    elif kind == "veil":
        edge, gain = float(rng.uniform(-0.8, 1.2)), float(rng.uniform(0.08, 0.5))
    else:
        edge, gain = float(rng.uniform(0.2, 2.0)), float(rng.uniform(1.2, 5))
    # Optical depth grows softly from the edge inwards; what is seen is what it scatters.
    depth = np.logaddexp(0, (field - edge) * np.float32(rng.uniform(2.5, 7))) * np.float32(gain / 5)
    depth = np.asarray(np.maximum(depth - gain * 0.01, 0), np.float32)
    cover = 1 - np.exp(-depth)
    reach = float(rng.uniform(2, 7))
    thick = softened(field, float(rng.uniform(1.0, 4)))
    moved = shifted(thick, -reach * math.cos(light.azimuth), -reach * math.sin(light.azimuth))
    top = 1 - np.exp(-depth * np.float32(rng.uniform(0.3, 1.2)))
    shade = 0.68 + 0.34 * top + (thick - moved) * np.float32(rng.uniform(0.05, 0.4))
    shade = np.clip(shade, 0.45, 1.15)
    far = float(rng.uniform(15, 260))
    cast = shifted(cover, far * math.cos(light.azimuth), far * math.sin(light.azimuth))
    shadow = softened(cast, float(rng.uniform(2, 7))) * np.float32(light.strength)
    return Sky(cover, np.asarray(shade, np.float32), shadow)


def cast_cloud_shadow(canvas: Field, sky: Sky, rng: np.random.Generator) -> None:
    """Darken the ground under the clouds' shadows in place; skylight keeps it bluish."""
    depth = np.float32(rng.uniform(0.3, 0.8))
    for band, share in enumerate((1.0, 0.97, 0.9)):
        canvas[:, :, band] *= 1 - sky.shadow * (depth * np.float32(share))


def cover_with_clouds(canvas: Field, sky: Sky, rng: np.random.Generator) -> None:
    """Paint the clouds over the image in place."""
    tone = rgb(*(rng.uniform(190, 262) * np.array([0.98, 0.99, 1.0]) * rng.normal(1, 0.01, 3)))
    blend(canvas, cv2.merge([sky.shade * level for level in tone]), sky.cover)


def add_haze(canvas: Field, rng: np.random.Generator) -> None:
    """Lift the dark end everywhere, a little unevenly, in place."""
    amount = float(rng.uniform(0.2, 0.5)) if rng.random() < 0.12 else float(rng.beta(1.0, 8)) * 0.8
    haze = rgb(*(rng.uniform(90, 200) * np.array([0.86, 0.97, 1.0]) * rng.uniform(0.93, 1.05, 3)))
    weight = np.clip(amount * (1 + np.float32(rng.uniform(0, 0.3)) * fractal(rng, 3.0, rng.uniform(2.5, 6))), 0, 0.85)
    blend(canvas, haze, np.asarray(weight, np.float32))

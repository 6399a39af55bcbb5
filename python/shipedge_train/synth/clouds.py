"""Clouds, their shadows on the sea, and haze."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from shipedge_train.synth.light import Light
from shipedge_train.synth.noise import Field, blend, fractal, smoothstep, to_unit
from shipedge_train.synth.sea import rgb


@dataclass(frozen=True, slots=True)
class Sky:
    """What lies between scene and sensor: `cover` (768, 768) opacity 0..1 and how to paint it."""

    cover: Field
    shade: Field
    shadow: Field


def sample_sky(rng: np.random.Generator, light: Light, kind: str) -> Sky:
    """Draw clouds.

    Args:
        rng: The scene's generator.
        light: Sun of the scene.
        kind: `cumulus` (white heaps with shadows), `veil` (thin), `overcast` (covers most of the picture).
    """
    base = fractal(rng, rng.uniform(2.3, 3.0), rng.uniform(0.8, 3.5), rng.uniform(1, 1.6))
    ragged = fractal(rng, rng.uniform(1.7, 2.2), rng.uniform(0.5, 1.5))
    field = to_unit(base + ragged * np.float32(rng.uniform(0.15, 0.45)))
    if kind == "overcast":
        edge, soft, top = float(rng.uniform(-2.2, -0.6)), float(rng.uniform(0.5, 1.5)), 1.0
    elif kind == "veil":
        edge, soft, top = float(rng.uniform(-0.5, 1.2)), float(rng.uniform(1.2, 3.0)), float(rng.uniform(0.12, 0.55))
    else:
        edge, soft, top = float(rng.uniform(0.5, 2.0)), float(rng.uniform(0.3, 1.2)), float(rng.uniform(0.75, 1.0))
    cover = smoothstep(field, edge, edge + soft) * np.float32(top)
    # Lit side bright, far side grey: a one-sided difference of the thickness.
    thick = cv2.GaussianBlur(field, (0, 0), float(rng.uniform(1.5, 4)))
    reach = float(rng.uniform(4, 10))
    dx, dy = reach * math.cos(light.azimuth), reach * math.sin(light.azimuth)
    moved = cv2.warpAffine(
        thick, np.float64([[1, 0, -dx], [0, 1, -dy]]), thick.shape[::-1], borderMode=cv2.BORDER_REFLECT
    )
    deep = smoothstep(field, edge, edge + 2.5)
    shade = np.clip(0.70 + 0.30 * deep + (moved - thick) * np.float32(-rng.uniform(0.1, 0.4)), 0.35, 1.1)
    far = float(rng.uniform(15, 260))
    dx, dy = far * math.cos(light.azimuth), far * math.sin(light.azimuth)
    cast = cv2.warpAffine(
        cover, np.float64([[1, 0, -dx], [0, 1, -dy]]), cover.shape[::-1], borderMode=cv2.BORDER_REFLECT
    )
    shadow = cv2.GaussianBlur(cast, (0, 0), float(rng.uniform(2, 7))) * np.float32(light.strength)
    return Sky(cover, np.asarray(shade, np.float32), shadow)


def cast_cloud_shadow(canvas: Field, sky: Sky, rng: np.random.Generator) -> None:
    """Darken the ground under the clouds' shadows in place; skylight keeps it bluish."""
    depth = np.float32(rng.uniform(0.3, 0.8))
    for band, share in enumerate((1.0, 0.97, 0.9)):
        canvas[:, :, band] *= 1 - sky.shadow * (depth * np.float32(share))


def cover_with_clouds(canvas: Field, sky: Sky, rng: np.random.Generator) -> None:
    """Paint the clouds over the picture in place."""
    tone = rgb(*(rng.uniform(195, 262) * np.array([0.97, 0.985, 1.0]) * rng.uniform(0.98, 1.02, 3)))
    blend(canvas, np.asarray(sky.shade[:, :, None] * tone, np.float32), sky.cover)


def add_haze(canvas: Field, rng: np.random.Generator) -> None:
    """Lift the dark end everywhere, a little unevenly, in place."""
    amount = float(rng.beta(1.2, 6)) * 0.8
    haze = rgb(*(rng.uniform(90, 200) * np.array([0.86, 0.97, 1.0]) * rng.uniform(0.93, 1.05, 3)))
    weight = np.clip(amount * (1 + 0.25 * fractal(rng, 3.2, rng.uniform(2, 5))), 0, 0.85)
    blend(canvas, haze, np.asarray(weight, np.float32))

"""Where land is: coastlines, islands, rocks, spits, rivers and harbor basins as signed fields in pixels."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.synth.noise import SIZE, Field, fractal, softened

Mask = NDArray[np.bool_]
HALF = SIZE / 2


def _axes(turn: float) -> tuple[Field, Field]:
    """Coordinates along and across direction `turn`, pixels from the image's centre, each (768, 768)."""
    line = np.arange(SIZE, dtype=np.float32) - np.float32(HALF)
    cos, sin = np.float32(math.cos(turn)), np.float32(math.sin(turn))
    return line[None, :] * cos + line[:, None] * sin, line[:, None] * cos - line[None, :] * sin


def _rough(rng: np.random.Generator, large: float, small: float) -> Field:
    """Displacement of a shoreline: wide bays of `large` pixels, ragged detail of `small` pixels."""
    bays = softened(fractal(rng, 3.0, rng.uniform(0.8, 3)), float(rng.uniform(1, 9)))
    return np.asarray(bays * large + fractal(rng, 2.4, rng.uniform(0.5, 1.5)) * small, np.float32)


def _coast(rng: np.random.Generator) -> Field:
    along, _ = _axes(rng.uniform(-math.pi, math.pi))
    return along - np.float32(rng.uniform(-200, 400)) + _rough(rng, rng.uniform(2, 120), rng.exponential(3))


def _island(rng: np.random.Generator) -> Field:
    field = np.full((SIZE, SIZE), -1e4, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        along, across = _axes(rng.uniform(-math.pi, math.pi))
        dx, dy = rng.uniform(-380, 380, 2)
        radius, ratio = float(rng.uniform(30, 260)), float(rng.uniform(1, 3.5))
        field = np.maximum(field, radius - np.hypot((along - dx) / ratio, across - dy))
    return field + _rough(rng, rng.uniform(5, 60), rng.exponential(4))


def _rocks(rng: np.random.Generator) -> Field:
    along, across = _axes(rng.uniform(-math.pi, math.pi))
    dx, dy = rng.uniform(-300, 300, 2)
    near = np.hypot((along - dx) / rng.uniform(1, 3), across - dy) * np.float32(rng.uniform(0.05, 0.25))
    return np.asarray(fractal(rng, 2.4, rng.uniform(0.3, 1)) * 22 - rng.uniform(18, 35) - near, np.float32)


def _spit(rng: np.random.Generator) -> Field:
    along, across = _axes(rng.uniform(-math.pi, math.pi))
    bend = _rough(rng, rng.uniform(10, 80), rng.uniform(0.5, 4))
    width = rng.uniform(8, 70) * (1 + 0.4 * fractal(rng, 3.0, 2))
    body = width - np.abs(along - rng.uniform(-250, 250) + bend)
    if rng.random() < 0.6:  # ends somewhere
        body = np.minimum(body, across + rng.uniform(-200, 300))
    return np.asarray(body, np.float32)


def _river(rng: np.random.Generator) -> Field:
    along, _ = _axes(rng.uniform(-math.pi, math.pi))
    bend = _rough(rng, rng.uniform(10, 90), rng.uniform(0.5, 6))
    return np.asarray(np.abs(along - rng.uniform(-150, 150) + bend) - rng.uniform(20, 160), np.float32)


def _harbor(rng: np.random.Generator) -> Field:
    """Straight quays: a half plane with basins cut in and piers built out, all aligned."""
    turn = float(rng.uniform(-math.pi, math.pi))
    along, across = _axes(turn)
    edge = float(rng.uniform(-150, 280))
    land = along > edge
    for _ in range(int(rng.integers(0, 4))):
        at, width, depth = rng.uniform(-400, 400), rng.uniform(25, 110), rng.uniform(60, 330)
        land |= (np.abs(across - at) < width / 2) & (along > edge - depth) & (along <= edge)
    for _ in range(int(rng.integers(0, 4))):
        at, width, depth = rng.uniform(-400, 400), rng.uniform(40, 200), rng.uniform(60, 350)
        land &= ~((np.abs(across - at) < width / 2) & (along > edge - 1) & (along < edge + depth))
    if rng.random() < 0.3:  # a mole parallel to the quay
        at, length = rng.uniform(-300, 300), rng.uniform(100, 500)
        gap, width = rng.uniform(80, 250), rng.uniform(6, 40)
        land |= (np.abs(across - at) < length / 2) & (np.abs(along - edge + gap) < width / 2)
    return signed_distance(land)


def _inland(rng: np.random.Generator) -> Field:
    if rng.random() < 0.5:
        return np.full((SIZE, SIZE), 500, np.float32)
    return (rng.uniform(1.2, 2.4) - fractal(rng, rng.choice([2.4, 3.0]), rng.uniform(0.7, 2))) * np.float32(40)


def signed_distance(land: Mask) -> Field:
    """Distance to the shoreline in pixels, positive on land, (768, 768); one side only gives +-1000."""
    inside = land.astype(np.uint8)
    if inside.all() or not inside.any():
        return np.full(land.shape, 1000 if inside.all() else -1000, np.float32)
    on = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    off = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    return np.asarray(on - off, np.float32)


SHORES = {
    "coast": _coast,
    "island": _island,
    "rocks": _rocks,
    "spit": _spit,
    "river": _river,
    "harbor": _harbor,
    "inland": _inland,
}

"""Land over the sea: shoreline, shallows, beach, surf, and one to three kinds of ground with roads."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.synth.brush import blob, draw
from shipedge_train.synth.built import BUILT, town, works
from shipedge_train.synth.light import Light
from shipedge_train.synth.noise import SIZE, Field, blend, fractal, scale, shifted, smoothstep, wave_band, waves
from shipedge_train.synth.sea import Sea, rgb
from shipedge_train.synth.shore import SHORES, signed_distance
from shipedge_train.synth.terrain import TERRAINS, mixed

Mask = NDArray[np.bool_]

GROUNDS = TERRAINS | BUILT
# Weight of each ground by kind of shore.
_WILD = {
    "forest": 3.0, "scrub": 3.0, "desert": 1.0, "rock": 1.0, "sand": 0.5,
    "town": 3.5, "works": 0.7, "fields": 1.5, "ponds": 0.5,
}  # fmt: skip
_PORT = {"works": 6.0, "town": 1.5, "scrub": 0.7, "sand": 1.0}
_ROCKY = {"rock": 4.0, "scrub": 1.0, "forest": 0.5, "desert": 0.5}
_USES = {"harbor": _PORT, "rocks": _ROCKY}


def _pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    share = np.array(list(weights.values()))
    return list(weights)[int(rng.choice(len(share), p=share / share.sum()))]


def along_quays(distance: Field) -> float:
    """Direction of most straight edges of a signed distance, radians, modulo a quarter turn."""
    dx, dy = cv2.Sobel(distance, cv2.CV_32F, 1, 0), cv2.Sobel(distance, cv2.CV_32F, 0, 1)
    edge = np.abs(distance) < 3
    return float(np.angle(np.exp(4j * np.arctan2(dy[edge], dx[edge])).sum())) / 4 if edge.any() else 0.0


def _one_ground(rng: np.random.Generator, light: Light, uses: dict[str, float], turn: float | None) -> Field:
    """A whole image of one kind of ground; what is built follows `turn`."""
    use = _pick(rng, uses)
    if turn is not None and use in ("town", "works"):
        return {"town": town, "works": works}[use](rng, light, turn)
    return GROUNDS[use](rng, light)


def _ground(rng: np.random.Generator, light: Light, kind: str, turn: float | None) -> Field:
    """One to three kinds of ground with ragged borders, and roads: (768, 768, 3)."""
    uses = _USES.get(kind, _WILD)
    image = _one_ground(rng, light, uses, turn)
    for _ in range(int(rng.choice(3, p=[0.35, 0.45, 0.2]))):
        other = _one_ground(rng, light, uses, turn)
        border = fractal(rng, 2.4, rng.uniform(0.8, 2.5))
        edge = float(rng.uniform(-0.5, 1))
        blend(image, other, smoothstep(border, edge, edge + 0.15))
    if rng.random() < 0.7:
        _trees(rng, image, light)
    if rng.random() < 0.3:
        _scars(rng, image)
    scale(image, np.clip(1 + np.float32(rng.uniform(0, 0.2)) * fractal(rng, 3.0, rng.uniform(0.5, 2)), 0.4, 1.6))
    # Air and sensor leave less color than a painter would: pull everything towards a warm grey.
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    muted = np.asarray(cv2.merge([grey * 1.05, grey, grey * 0.9]), np.float32)
    share = float(rng.uniform(0.0, 0.3))
    cv2.addWeighted(image, 1 - share, muted, share, 0, dst=image)
    if kind != "rocks":
        for _ in range(int(rng.integers(0, 3))):
            _road(rng, image)
    return image


def _trees(rng: np.random.Generator, image: Field, light: Light) -> None:
    """Scatter crowns, groves and hedges over whatever the ground is, with short shadows."""
    crowns = waves(rng, wave_band(rng.uniform(5, 11), 0, 0, 0.5, 0.6))
    stand = crowns * np.float32(rng.uniform(0.4, 0.9)) + fractal(rng, 2.4, rng.uniform(0.3, 1.5))
    edge = float(rng.uniform(0.3, 1.8))
    leaves = smoothstep(stand, edge, edge + 0.35)
    reach = float(rng.uniform(1.5, 3.5))
    shade = shifted(leaves, reach * math.cos(light.azimuth), reach * math.sin(light.azimuth))
    scale(image, 1 - np.float32(0.7 * light.strength) * shade)
    tone = rng.uniform(32, 70)
    green = mixed(rgb(tone * 0.45, tone * 0.65, tone * 0.42), rgb(tone * 0.8, tone, tone * 0.55), 0.5 + 0.4 * crowns)
    blend(image, green, leaves * np.float32(rng.uniform(0.7, 1)))


def _scars(rng: np.random.Generator, image: Field) -> None:
    """Pale bare strips, clearings and roofs among green: as bright and as long as ships, and none of them is one."""
    tone = rng.uniform(120, 225) * np.array([1.04, 0.97, 0.85])
    for _ in range(int(rng.integers(1, 9))):
        x, y = rng.uniform(0, SIZE, 2)
        size = float(np.exp(rng.uniform(math.log(1.5), math.log(9))))
        shape = blob(rng, x, y, size, float(rng.uniform(1, 9)), float(rng.uniform(0, math.pi)))
        red, green, blue = tone / 255 * rng.uniform(0.75, 1.1)
        draw(image, shape, (float(red), float(green), float(blue)), None, float(rng.uniform(0.5, 1)), 0.5, rng)


def _road(rng: np.random.Generator, image: Field) -> None:
    """One bent road across the whole image."""
    t = np.linspace(-0.8, 0.8, 24)
    turn, bend = rng.uniform(-math.pi, math.pi), rng.normal(0, 0.25, 2)
    side = bend[0] * np.sin(3 * t + rng.uniform(0, 6)) + bend[1] * t * t + rng.uniform(-0.4, 0.4)
    x = (t * math.cos(turn) - side * math.sin(turn) + 0.5) * SIZE
    y = (t * math.sin(turn) + side * math.cos(turn) + 0.5) * SIZE
    points = np.stack([x, y], 1).astype(np.int32)
    tone = float(rng.uniform(90, 190))
    color = rgb(tone, tone * rng.uniform(0.9, 1), tone * rng.uniform(0.75, 0.97))
    cv2.polylines(image, [points], False, color.tolist(), int(rng.integers(1, 6)))


def _shallows(rng: np.random.Generator, sea: Sea, off: Field) -> None:
    """Water turns pale towards the shore; `off` is the distance to land in pixels."""
    reach = float(np.exp(rng.uniform(math.log(4), math.log(150))))
    wobble = np.exp(0.6 * fractal(rng, 2.4, rng.uniform(0.5, 2)))
    weight = np.exp(-np.maximum(off, 0) / (reach * wobble)) * np.float32(rng.uniform(0.15, 0.9))
    pale = sea.canvas[::8, ::8].mean((0, 1)) * 0.4 + rgb(*rng.uniform((25, 75, 60), (150, 175, 150))) * 0.6
    bottom = pale * (1 + np.float32(rng.uniform(0, 0.25)) * fractal(rng, 1.8, rng.uniform(0.5, 2))[:, :, None])
    blend(sea.canvas, np.asarray(bottom, np.float32), np.asarray(weight, np.float32))


def _surf(rng: np.random.Generator, sea: Sea, off: Field) -> None:
    """Foam: a ragged rim, and up to four lines of breakers parallel to the shore."""
    gaps = fractal(rng, 1.8, rng.uniform(0.3, 1))
    long = fractal(rng, 2.4, rng.uniform(0.6, 2))
    exposed = smoothstep(fractal(rng, 3.0, rng.uniform(1.5, 4)), rng.uniform(-1.5, 0.8), 1.2)
    weight = smoothstep(gaps + long - off / np.float32(rng.uniform(2, 9)), rng.uniform(-0.5, 0.8), 1.2)
    at, wander = float(rng.uniform(3, 10)), float(rng.uniform(2, 12))
    for _ in range(int(rng.choice(5, p=[0.45, 0.2, 0.15, 0.1, 0.1]))):
        width = float(rng.uniform(1, 5))
        line = np.exp(-(((off - at + wander * long) / width) ** 2))
        weight = np.maximum(weight, line * smoothstep(gaps + 0.7 * long, -0.2, 1))
        at += float(rng.uniform(8, 30))
    weight *= exposed
    weight[off <= 0] = 0
    blend(sea.canvas, rgb(240, 242, 240), weight * np.float32(rng.uniform(0.5, 1)))


def paint_land(rng: np.random.Generator, sea: Sea, light: Light, kind: str) -> Mask:
    """Paint land of one kind (see `shore.SHORES`) over the sea's canvas; returns where water is, (768, 768)."""
    height = SHORES[kind](rng)
    land = height > 0
    if not land.any():
        return ~land
    distance = height if kind == "harbor" else signed_distance(land)
    quay = kind == "harbor"
    if not quay or rng.random() < 0.2:
        _shallows(rng, sea, -distance)
        if rng.random() < (0.9 if kind in ("rocks", "island") else 0.5):
            _surf(rng, sea, -distance)
    image = _ground(rng, light, kind, along_quays(distance) if quay else None)
    if quay:
        edge = rgb(*(rng.uniform(110, 190) * np.array([1.0, 0.97, 0.9])))
        blend(image, edge, ((distance > 0) & (distance < rng.uniform(1, 9))).astype(np.float32))
    elif rng.random() < 0.75:
        width = math.exp(rng.uniform(0, 3.2)) * np.exp(0.5 * fractal(rng, 2.4, rng.uniform(0.7, 2)))
        dry = GROUNDS["rock" if kind == "rocks" else "sand"](rng, light)
        blend(image, dry, 1 - smoothstep(distance / width, 0.8, 1.2))
        wet = 1 - smoothstep(distance, 0, float(rng.uniform(1, 6)))
        scale(image, 1 - np.float32(rng.uniform(0, 0.4)) * wet)
    blend(sea.canvas, image, smoothstep(distance, -0.8, 0.8))
    np.clip(sea.canvas, 0, 1, out=sea.canvas)
    return ~land

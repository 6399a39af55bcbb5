"""Large scenes of our own to cut images from: what the search for overlaps is measured on.

Seas are random fields of any size, from glassy to rough, in pairs of twins: same waves, same light, other water.
Everything else is a patchwork of rendered scenes, whose seams fall between blocks: no block shows one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.data.split.signature import SIDE, STRIDE
from shipedge_train.synth.scene import render_scene

IMAGE = SIDE * STRIDE
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Cut:
    """One image: its JPEG file, its scene, and its place there in blocks; `contrast` of each block in grey levels."""

    jpeg: bytes
    scene: int
    row: int
    column: int
    contrast: NDArray[np.float32]


def sea(look: np.random.Generator, water: np.random.Generator, side: int) -> Pixels:
    """Open water, (side, side, 3): `look` decides waves, light and grain, `water` where each wave is."""
    ky, kx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    octave = np.log2(np.maximum(np.hypot(kx, ky), 1 / side))
    heading = np.arctan2(ky, kx) - look.uniform(0, math.pi)
    waves = np.exp(-0.5 * ((octave + math.log2(look.uniform(5, 30))) / 0.8) ** 2)
    waves *= np.exp(look.uniform(0, 4) * (np.cos(2 * heading) - 1) / 2)
    drift = np.exp2(-octave * look.uniform(1.2, 1.8)) * look.uniform(0, 0.02)
    amplitude = waves / math.sqrt(float((waves**2).sum())) + drift / math.sqrt(float((drift**2).sum()) + 1e-9) * 0.3
    white = water.standard_normal((*amplitude.shape, 2)).view(np.complex128)[..., 0]
    field = np.fft.irfft2(white * amplitude, s=(side, side)).astype(np.float32)
    field *= np.float32(math.exp(look.uniform(math.log(0.5), math.log(9))) / field.std())
    field += np.float32(math.exp(look.uniform(math.log(0.5), math.log(5)))) * water.standard_normal(
        (side, side), dtype=np.float32
    )
    field = np.asarray(
        cv2.GaussianBlur(field, (0, 0), look.uniform(0.7, 1.3)), np.float32
    )  # the camera's optics, then its sharpening
    field += np.float32(look.uniform(0, 1.5)) * (field - cv2.GaussianBlur(field, (0, 0), 1.8))
    color = look.uniform((5, 25, 30), (90, 120, 130))
    return np.clip(field[..., None] * (0.9, 1.0, 1.05) + color, 0, 255).astype(np.uint8)


def patchwork(rng: np.random.Generator, side: int) -> Pixels:
    """Rendered scenes side by side, (side, side, 3): land, ports, ships, clouds and seas."""
    scene = np.empty((side, side, 3), np.uint8)
    for top in range(0, side, IMAGE):
        for left in range(0, side, IMAGE):
            part = render_scene(rng, int(rng.integers(0, 3))).image
            scene[top : top + IMAGE, left : left + IMAGE] = part[: side - top, : side - left]
    return scene


def make_cuts(seas: int, patchworks: int, side: int, seed: int) -> Iterator[Cut]:
    """All cuts of all scenes; some places are cut twice (the pattern 0, 0). Each has a JPEG quality of its own, 70..95.

    Args:
        seas: scenes of open water; number 2k + 1 is the twin of number 2k.
        patchworks: other scenes.
        side: of a scene, pixels, a multiple of 256 from 1280 on: then all 25 patterns occur.
        seed: of everything.
    """
    for number in range(seas + patchworks):
        rng = np.random.default_rng((seed, number))
        look = np.random.default_rng((seed, number // 2, 0))
        scene = sea(look, rng, side) if number < seas else patchwork(rng, side)
        places = side // STRIDE - SIDE + 1
        for row, column in np.ndindex(places, places):
            for _ in range(1 + (row + column) % 3 // 2):
                yield _cut(scene, number, row, column, int(rng.integers(70, 96)))


def _cut(scene: Pixels, number: int, row: int, column: int, quality: int) -> Cut:
    top, left = row * STRIDE, column * STRIDE
    image = scene[top : top + IMAGE, left : left + IMAGE, ::-1]
    jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    grey = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    blocks = np.asarray(grey, np.float32).reshape(SIDE, STRIDE, SIDE, STRIDE)
    return Cut(jpeg, number, row, column, blocks.std(axis=(1, 3)).ravel())

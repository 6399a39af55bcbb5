"""A contact sheet of augmented crops: each part by itself, then all together, with the outlines of the masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge.errors import DatasetError
from shipedge.files.atomic import write_output
from shipedge.rle import parse
from shipedge_train.augment.geometry import sample_geometry
from shipedge_train.augment.paste import cut_donor, paste
from shipedge_train.augment.sample import vary
from shipedge_train.config import AugmentConfig
from shipedge_train.dataset import SHAPE, Image

Array = NDArray[np.uint8]
Crop = tuple[Image, tuple[float, float]]

NOTHING = AugmentConfig(
    flips=False, warp=0, shift=0, paste=0, fade=0, light=0, color=0, gray=0, gradient=0, glint=0, haze=0, bleed=0,
    blur=0, noise=0, jpeg=0, cutout=0,
)  # fmt: skip
"""Every part switched off."""

STRENGTHS = {"flips", "shift", "light", "color"}
"""Parts that are no probabilities."""

_SIDE = 160
_COLUMNS = 7
_EMPTY = 3
_LABEL = 84
_OUTLINE = (255, 225, 0)


def write_sheet(path: Path, images: Sequence[Image], config: AugmentConfig, seed: int) -> None:
    """Draw the sheet into a .png or .jpg file: a row for each part that `config` does not switch off.

    Raises:
        DatasetError: no such format, or no image with ships.
    """
    if path.suffix.lower() not in {".png", ".jpg", ".jpeg"}:
        raise DatasetError(f"{path} is no image that can be written, expected .png or .jpg")
    crops = _choose(images, seed)
    donors = find_donors(images, np.random.default_rng(seed), _SIDE)
    rows = [_row("as it is", crops, donors, NOTHING, seed)]
    for part in switches(NOTHING):
        if getattr(config, part):
            strength = getattr(config, part) if part in STRENGTHS else 1.0
            rows.append(_row(part, crops, donors, replace(config, **switches(NOTHING) | {part: strength}), seed))
    rows += [_row("together", crops, donors, config, seed + k) for k in range(3)]
    quality = [cv2.IMWRITE_JPEG_QUALITY, 80] if path.suffix.lower() != ".png" else []
    _, data = cv2.imencode(path.suffix, np.vstack(rows)[..., ::-1], quality)
    write_output(path, data.tobytes())


def switches(config: AugmentConfig) -> dict[str, float]:
    """The switches of a configuration (not how far a warp may go): name -> value."""
    names = (name for name in AugmentConfig.__dataclass_fields__ if name not in ("rotation", "scale", "shear"))
    return {name: getattr(config, name) for name in names}


def _choose(images: Sequence[Image], seed: int) -> list[Crop]:
    """Crops around ships, the last three of images without."""
    rng = np.random.default_rng(seed)
    with_ships, empty = [p for p in images if p.ships], [p for p in images if not p.ships]
    if not with_ships:
        raise DatasetError(f"none of the {len(images)} images has ships: there is nothing to show")
    crops: list[Crop] = []
    for image in (with_ships[int(rng.integers(len(with_ships)))] for _ in range(_COLUMNS - _EMPTY)):
        left, top, right, bottom = parse(image.ships[int(rng.integers(len(image.ships)))], SHAPE).bbox
        crops.append((image, ((top + bottom) / 2, (left + right) / 2)))
    for _ in range(_EMPTY):
        some = empty or with_ships
        crops.append((some[int(rng.integers(len(some)))], (rng.uniform(0, SHAPE[0]), rng.uniform(0, SHAPE[1]))))
    return crops


def find_donors(images: Sequence[Image], rng: Generator, size: int) -> list[tuple[Array, Array]]:
    """Up to a dozen ships that can be pasted into a crop of `size` pixels."""
    with_ships = [p for p in images if p.ships]
    found: list[tuple[Array, Array]] = []
    for i in rng.permutation(len(with_ships))[:60]:
        ships = [parse(text, SHAPE) for text in with_ships[int(i)].ships]
        cut = cut_donor(with_ships[int(i)].pixels(), ships, int(rng.integers(len(ships))))
        if cut is not None and max(cut[1].shape) < 0.7 * size and len(found) < 12:
            found.append(cut)
    return found


def _row(label: str, crops: list[Crop], donors: list[tuple[Array, Array]], config: AugmentConfig, seed: int) -> Array:
    name = np.full((_SIDE, _LABEL, 3), 24, np.uint8)
    cv2.putText(name, label, (6, _SIDE // 2 + 4), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (235, 235, 235), 1, cv2.LINE_AA)
    tiles = [name]
    for k, (image, center) in enumerate(crops):
        rng = np.random.default_rng((seed, k))
        geometry = sample_geometry(center, _SIDE, config, rng, SHAPE)
        pixels, mask = geometry.image(image.pixels()), geometry.mask(image.mask())
        if donors and not mask.any() and rng.random() < config.paste:
            pixels, mask = paste(pixels, mask, *donors[int(rng.integers(len(donors)))], rng)
        pixels, mask = vary(pixels, mask, config, rng)
        tiles.append(_outlined(pixels, mask))
    return np.hstack(tiles)


def _outlined(image: Array, mask: Array) -> Array:
    """A copy with a line two pixels outside of each ship, so that the ship itself can be seen."""
    grown = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    contours, _ = cv2.findContours(grown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    drawn = cv2.drawContours(np.ascontiguousarray(image).copy(), contours, -1, _OUTLINE, 1)
    drawn[-1:], drawn[:, -1:] = 24, 24
    return drawn.astype(np.uint8, copy=False)

"""The cascade's thresholds, chosen on the validation split with the very files that ship.

A plain grid: every combination is scored by the official F2 (mean over pictures) plus the mean Dice over pictures with
ships. F2 alone is blind to small outlines, Dice alone to false alarms in empty pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from shipedge.backends import Model
from shipedge.bundle import Thresholds
from shipedge.metrics import f2_from_counts, roc_auc
from shipedge.rle import Rle, components, iou_matrix, parse
from shipedge.tiling import CELL, tile_origins
from shipedge_train.dataset import SHAPE, Picture

CUTS = np.array([0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95])
PIXEL = (0.3, 0.4, 0.5, 0.6, 0.7)
AREA = (8, 12, 20, 32, 48)
CELLS = (0.1, 0.2, 0.3, 0.4, 0.5)
PICTURE = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True)
class _Seen:
    """What the models say about one picture, and the truth."""

    presence: NDArray[np.uint8]
    probability: NDArray[np.uint8]
    truths: list[Rle]
    mask: NDArray[np.uint8]


@dataclass(frozen=True)
class _Found:
    """The components of one picture at one pixel threshold: their area, strongest cell, overlap with the truth."""

    areas: NDArray[np.int64]
    cells: NDArray[np.uint8]
    common: NDArray[np.float64]
    iou: NDArray[np.float64]
    truth_area: int
    top: int


def tune(detector: Model, segmenter: Model, pictures: Sequence[Picture]) -> tuple[Thresholds, dict[str, float]]:
    """The best thresholds and their scores (f2, dice of pictures with ships, picture AUC) on `pictures`."""
    seen = [_look(detector, segmenter, p) for p in pictures]
    best, chosen, scores = -1.0, Thresholds(0.5, 0.35, 0.5, 12), {"f2": 0.0, "dice_ships": 0.0}
    for pixel in PIXEL:
        found = [_components(one, pixel) for one in seen]
        for area, cell, picture in product(AREA, CELLS, PICTURE):
            if picture < cell:
                continue
            f2, dice = _score(found, area, cell, picture)
            if f2 + dice > best + 1e-9:
                best, chosen = f2 + dice, Thresholds(picture, cell, pixel, area)
                scores = {"f2": round(f2, 4), "dice_ships": round(dice, 4)}
    auc = roc_auc(np.array([bool(s.truths) for s in seen]), np.array([s.presence.max() for s in seen], np.float64))
    return chosen, scores | ({} if np.isnan(auc) else {"picture_auc": round(auc, 4)}) | {"pictures": len(seen)}


def _look(detector: Model, segmenter: Model, picture: Picture) -> _Seen:
    pixels, side = picture.pixels(), segmenter.window
    probability = np.zeros(SHAPE, np.uint8)
    for top, left in tile_origins(SHAPE, side, overlap=min(side // 2, 192)):
        place = probability[top : top + side, left : left + side]
        np.maximum(place, segmenter(pixels[top : top + side, left : left + side]), out=place)
    return _Seen(detector(pixels), probability, [parse(s, SHAPE) for s in picture.ships], picture.mask())


def _components(seen: _Seen, pixel: float) -> _Found:
    parts = components(seen.probability >= np.ceil(pixel * 256), 8, min(AREA))
    cells = seen.presence.repeat(CELL, axis=0).repeat(CELL, axis=1)
    masks = [part.to_mask().astype(bool) for part in parts]
    return _Found(
        areas=np.array([part.area for part in parts], np.int64),
        cells=np.array([cells[m].max() for m in masks], np.uint8),
        common=np.array([part.mean(seen.mask) * part.area for part in parts], np.float64),
        iou=np.asarray(iou_matrix(seen.truths, parts)).reshape(len(seen.truths), len(parts)),
        truth_area=int(seen.mask.sum()),
        top=int(seen.presence.max()),
    )


def _score(found: list[_Found], area: int, cell: float, picture: float) -> tuple[float, float]:
    """Mean official F2 over all pictures, and mean Dice over those with ships."""
    f2, dice = [], []
    for one in found:
        kept = (one.areas >= area) & (one.cells >= np.ceil(cell * 256)) & (one.top >= np.ceil(picture * 256))
        ships, count = len(one.iou), int(kept.sum())
        if ships and count:
            over = one.iou[:, kept] > CUTS[:, None, None]
            hits, matched = over.any(axis=1).sum(axis=1), over.any(axis=2).sum(axis=1)
            f2.append(f2_from_counts(np.stack([hits, count - hits, ships - matched])).mean())
        else:
            f2.append(float(ships == count))
        if ships:
            dice.append(2 * one.common[kept].sum() / (one.truth_area + one.areas[kept].sum()))
    return float(np.mean(f2)), float(np.mean(dice)) if dice else 0.0

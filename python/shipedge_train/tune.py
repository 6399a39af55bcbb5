"""What the cascade does with probabilities, chosen on the validation split with the very files that ship.

A combination of thresholds is worth the official F2 plus the mean Dice over pictures with ships: F2 alone is blind to
small outlines, Dice alone to false alarms in empty pictures. F2 is that of a mixture with as few ship pictures as the
Airbus set has, because sets for training have more of them and would make the cascade careless. The search goes through
groups of thresholds that depend on each other, tries every combination within a group, and goes round until nothing
gets better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge.backends import Model
from shipedge.bundle import Thresholds
from shipedge.cascade import ask_flipped
from shipedge.metrics import THRESHOLDS, f2_from_counts, roc_auc
from shipedge.refine import Refiner
from shipedge.rle import Rle, iou_matrix, parse
from shipedge.ships import find_components, is_sure, level, merge_windows
from shipedge.tiling import tile_origins
from shipedge_train.dataset import SHAPE, Picture

SHIP_SHARE = 0.22
"""Share of the Airbus pictures that show ships."""
START = Thresholds(picture=0.5, cell=0.3, pixel=0.5, min_area=12)
DETECTOR = {
    "picture": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98),
    "cell": (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7),
}
SEGMENTER = (
    {"pixel": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7), "core": (0.0, 0.75, 0.85, 0.95)},
    {"min_area": (6, 8, 12, 20, 32, 48, 72, 108)},
    {"small_area": (60, 120, 240, 480), "small_score": (0.0, 0.5, 0.6, 0.7, 0.8)},
    {"fill_holes": (False, True), "rectangles": (False, True)},
)
# 0.0 lets everything through: what the segmenter does on its own.
NO_DETECTOR = replace(START, picture=0.0, cell=0.0)

Grid = dict[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Seen:
    """What the models say about one picture (probability * 256), the truth, and the picture for a last look."""

    presence: NDArray[np.uint8]
    probability: NDArray[np.uint8]
    truths: list[Rle]
    mask: NDArray[np.uint8]
    picture: Picture


@dataclass(frozen=True)
class _Found:
    """The parts of one picture.

    Attributes:
        areas: pixels of each part,
        scores: its mean probability,
        cells: its strongest cell,
        shown: pixels of what is shown of it,
        common: those of them that are ship,
        iou: (ships, parts), of what is shown.
        truth_area: ship pixels of the picture.
        top: its strongest cell.
    """

    areas: NDArray[np.int64]
    shown: NDArray[np.int64]
    scores: NDArray[np.float64]
    cells: NDArray[np.int64]
    common: NDArray[np.float64]
    iou: NDArray[np.float64]
    truth_area: int
    top: int


def tune(
    detector: Model,
    segmenter: Model,
    pictures: Sequence[Picture],
    ship_share: float = SHIP_SHARE,
    refiner: Refiner | None = None,
    starts: Sequence[Thresholds] = (START,),
    groups: Sequence[Grid] = (DETECTOR, *SEGMENTER),
) -> tuple[Thresholds, dict[str, Any]]:
    """The best thresholds and their scores on `pictures`.

    Args:
        detector: opened,
        segmenter: too.
        pictures: neither has learned from them.
        ship_share: see `Bench`,
        refiner: too.
        starts: where the search begins; the best end counts.
        groups: what it varies; nothing: `pictures` only score.

    Returns:
        thresholds; f2, dice_ships, picture_auc, pictures, and as `segmenter_alone` the first two of the best that the
        segmenter reaches without the detector.
    """
    seen = [look(detector, segmenter, p) for p in pictures]
    bench = Bench(seen, ship_share, refiner)
    chosen = max((search(bench, start, groups) for start in starts), key=bench.worth)
    alone = search(bench, NO_DETECTOR, [group for group in groups if group is not DETECTOR])
    auc = roc_auc(np.array([bool(s.truths) for s in seen]), np.array([s.presence.max() for s in seen], np.float64))
    scores: dict[str, Any] = bench.scores(chosen)
    scores |= {} if np.isnan(auc) else {"picture_auc": round(auc, 4)}
    return chosen, scores | {"pictures": len(seen), "segmenter_alone": bench.scores(alone)}


def look(detector: Model, segmenter: Model, picture: Picture, *, flips: bool = False) -> Seen:
    """Both models on a whole picture, whatever the detector says; with `flips` as it is and mirrored."""

    def ask(model: Model, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return ask_flipped(model, window) if flips else model(window)

    pixels, side = picture.pixels(), segmenter.window
    windows = [
        (top, left, ask(segmenter, pixels[top : top + side, left : left + side]))
        for top, left in tile_origins(SHAPE, side, overlap=min(side // 2, 192))
    ]
    return seen_of(picture, ask(detector, pixels), merge_windows(windows, SHAPE))


def seen_of(picture: Picture, presence: NDArray[np.uint8], probability: NDArray[np.uint8]) -> Seen:
    """What was said of a picture beside its truth."""
    return Seen(presence, probability, [parse(s, SHAPE) for s in picture.ships], picture.mask(), picture)


def search(bench: Bench, start: Thresholds, groups: Sequence[Grid], only: Sequence[int] | None = None) -> Thresholds:
    """The best thresholds that can be reached from `start`, on all pictures or on those with these numbers."""
    best, worth = start, bench.worth(start, only)
    better = True
    while better:
        better = False
        for grid in groups:
            for change in _combinations(grid):
                other = replace(best, **change)
                if other.picture >= other.cell and (value := bench.worth(other, only)) > worth + 1e-9:
                    best, worth, better = other, value, True
    return best


def _combinations(grid: Grid) -> Iterator[dict[str, Any]]:
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


class Bench:
    """Scores combinations of thresholds; remembers the parts, which take the time.

    Args:
        seen: the pictures.
        ship_share: share of pictures with ships where the thresholds will be used, 0..1: F2 is the mean that pictures
            of that mixture would have.
        refiner: has the last look at every part.
    """

    def __init__(self, seen: Sequence[Seen], ship_share: float = SHIP_SHARE, refiner: Refiner | None = None) -> None:
        self._seen, self._ship_share, self._refiner = seen, ship_share, refiner
        self._found: dict[tuple[float | bool, ...], list[_Found]] = {}

    def worth(self, thresholds: Thresholds, only: Sequence[int] | None = None) -> float:
        """What the search maximizes, on all pictures or on those with these numbers."""
        return sum(self._score(thresholds, only))

    def scores(self, thresholds: Thresholds) -> dict[str, Any]:
        """The same as two figures with names."""
        f2, dice = self._score(thresholds, None)
        return {"f2": round(f2, 4), "dice_ships": round(dice, 4)}

    def _score(self, thresholds: Thresholds, only: Sequence[int] | None) -> tuple[float, float]:
        """Mean official F2 of the mixture, and mean Dice over the pictures with ships."""
        # All that decides which parts there are, and as what they are shown.
        key = (
            thresholds.pixel,
            thresholds.core,
            thresholds.min_area,
            thresholds.fill_holes,
            thresholds.rectangles,
        )
        if key not in self._found:
            self._found[key] = [_parts(one, thresholds, self._refiner) for one in self._seen]
        f2: dict[bool, list[float]] = {True: [], False: []}  # by whether the picture shows ships
        dice: list[float] = []  # of those that do
        found = self._found[key]
        for one in found if only is None else (found[i] for i in only):
            kept = (one.cells >= level(thresholds.cell)) & is_sure(one.areas, one.scores, thresholds)
            kept &= one.top >= level(thresholds.picture)
            ships, count = len(one.iou), int(kept.sum())
            if ships and count:
                over = one.iou[:, kept] > np.asarray(THRESHOLDS)[:, None, None]
                hits, matched = over.any(axis=1).sum(axis=1), over.any(axis=2).sum(axis=1)
                f2[True].append(float(f2_from_counts(np.stack([hits, count - hits, ships - matched])).mean()))
            else:
                f2[ships > 0].append(float(ships == count))
            if ships:
                dice.append(2 * one.common[kept].sum() / (one.truth_area + one.shown[kept].sum()))
        share = self._ship_share
        shown, empty = float(np.mean(f2[True] or [0.0])), float(np.mean(f2[False] or [1.0]))
        return share * shown + (1 - share) * empty, float(np.mean(dice)) if dice else 0.0


def _parts(seen: Seen, thresholds: Thresholds, refiner: Refiner | None) -> _Found:
    parts = find_components(SHAPE, seen.presence, [(0, 0, seen.probability)], thresholds)
    if refiner is not None and parts:
        better = refiner.outlines(seen.picture.pixels(), [part.outline for part in parts])
        parts = [part._replace(outline=outline) for part, outline in zip(parts, better, strict=True) if outline]
    shown: list[Rle] = [part.outline for part in parts]
    return _Found(
        areas=np.array([part.area for part in parts], np.int64),
        shown=np.array([outline.area for outline in shown], np.int64),
        scores=np.array([part.score for part in parts], np.float64),
        cells=np.array([part.cell for part in parts], np.int64),
        common=np.array([outline.mean(seen.mask) * outline.area for outline in shown], np.float64),
        iou=np.asarray(iou_matrix(seen.truths, shown)).reshape(len(seen.truths), len(parts)),
        truth_area=int(seen.mask.sum()),
        top=int(seen.presence.max()),
    )

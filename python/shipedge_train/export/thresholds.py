"""What the cascade does with probabilities, chosen on the validation split with the very files that ship.

For the point "careful" a combination of thresholds is worth the official F2 plus the mean Dice over pictures with
ships: F2 alone is blind to small outlines, Dice alone to false alarms in empty pictures. F2 is that of a mixture with
few ship pictures, as the Airbus set, because sets for training have more of them and would make the cascade careless.
The search goes through groups of thresholds that depend on each other, tries every combination within a group, and goes
round until nothing gets better.

The other points have the highest recall of ships at IoU 0.5, as `shipedge evaluate` counts it, that leaves enough
precision: "sensitive" one half, or two thirds of that of "careful" where that is less (scenes for training are harder
than what a camera sees), and "balanced" the middle between this and "careful".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge._core import halve
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
RECALL = {
    "picture": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75),
    "cell": (0.1, 0.2, 0.3, 0.4, 0.5),
    "min_area": (8, 16, 32, 48),
    "small_area": (60, 120, 240),
    "small_score": (0.3, 0.4, 0.5, 0.6, 0.7),
}
"""What the points beside "careful" vary, all at once: how sure a ship must be, not how it is outlined."""
MIN_PRECISION, KEPT = 0.5, 2 / 3
"""Of the point "sensitive": every second ship that it shows is one, or this share of the precision of "careful"."""

Progress = Callable[[Iterator[Any], int, str], Iterator[Any]]
"""Shows how far the work behind an iterator is: (iterator, its length, label)."""


def quietly(items: Iterator[Any], count: int, label: str) -> Iterator[Any]:
    """A `Progress` that shows nothing."""
    return items


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
    *,
    starts: Sequence[Thresholds] = (START,),
    groups: Sequence[Grid] = (DETECTOR, *SEGMENTER),
    points: Mapping[str, Thresholds] | None = None,
    progress: Progress = quietly,
) -> tuple[dict[str, Thresholds], dict[str, Any]]:
    """The best thresholds and their scores on `pictures`.

    Args:
        detector: opened.
        segmenter: opened.
        pictures: no model has learned from them.
        ship_share: see `Bench`.
        refiner: see `Bench`.
        starts: where the search of "careful" begins; the best end counts.
        groups: what it varies; nothing: the best start is it.
        points: operating points that stay as they are; None searches them.
        progress: shows how many pictures are done.

    Returns:
        operating points; f2, dice_ships, picture_auc, pictures of "careful", as `segmenter_alone` the first two of the
        best that the segmenter reaches without the detector, and as `points` those of `Bench.point` by name.
    """
    seen = list(progress((look(detector, segmenter, p) for p in pictures), len(pictures), "Held-back pictures"))
    bench = Bench(seen, ship_share, refiner)
    if points is None:
        careful = max((search(bench.worth, start, groups) for start in starts), key=bench.worth)
        points = {"careful": careful} | (_points(bench, careful) if seen else {})
    alone = search(bench.worth, NO_DETECTOR, [group for group in groups if group is not DETECTOR])
    auc = roc_auc(np.array([bool(s.truths) for s in seen]), np.array([s.presence.max() for s in seen], np.float64))
    scores: dict[str, Any] = bench.scores(points["careful"])
    scores |= {} if np.isnan(auc) else {"picture_auc": round(auc, 4)}
    scores |= {"pictures": len(seen), "segmenter_alone": bench.scores(alone)}
    return dict(points), scores | {"points": {name: bench.point(point) for name, point in points.items()}}


def _points(bench: Bench, careful: Thresholds) -> dict[str, Thresholds]:
    """The points "balanced" and "sensitive"."""
    precise = bench.precision_recall(careful)[0]
    least = min(MIN_PRECISION, KEPT * precise)

    def most_recall(start: Thresholds, floor: float) -> Thresholds:
        def worth(thresholds: Thresholds) -> float:
            precision, recall = bench.precision_recall(thresholds)
            return recall + 1e-3 * precision if precision >= floor else precision - 1

        return search(worth, start, (RECALL,))

    balanced = most_recall(careful, (precise + least) / 2)
    return {"balanced": balanced, "sensitive": most_recall(balanced, least)}


def search(worth: Callable[[Thresholds], float], start: Thresholds, groups: Sequence[Grid]) -> Thresholds:
    """The thresholds worth most that can be reached from `start`."""
    best, most = start, worth(start)
    better = True
    while better:
        better = False
        for grid in groups:
            for change in _combinations(grid):
                other = replace(best, **change)
                if other.picture >= other.cell and (value := worth(other)) > most + 1e-9:
                    best, most, better = other, value, True
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

    def point(self, thresholds: Thresholds) -> dict[str, float]:
        """What the manifest says of an operating point: precision, recall, f2 and dice."""
        f2, dice = self._score(thresholds, None)
        precision, recall = self.precision_recall(thresholds)
        values = {"precision": precision, "recall": recall, "f2": f2, "dice": dice}
        return {name: round(value, 4) for name, value in values.items()}

    def precision_recall(self, thresholds: Thresholds) -> tuple[float, float]:
        """Share of the shown ships that are ships, and of the ships that are found, at IoU 0.5; of nothing shown 1."""
        hits = shown = ships = 0
        for one in self._judged(thresholds):
            kept = self._kept(one, thresholds)
            hits += int((one.iou[:, kept] > THRESHOLDS[0]).any(axis=0).sum())
            shown += int(kept.sum())
            ships += len(one.iou)
        return hits / shown if shown else 1.0, hits / max(ships, 1)

    def scores(self, thresholds: Thresholds) -> dict[str, Any]:
        """The same as two figures with names."""
        f2, dice = self._score(thresholds, None)
        return {"f2": round(f2, 4), "dice_ships": round(dice, 4)}

    def _score(self, thresholds: Thresholds, only: Sequence[int] | None) -> tuple[float, float]:
        """Mean official F2 of the mixture, and mean Dice over the pictures with ships."""
        f2: dict[bool, list[float]] = {True: [], False: []}  # by whether the picture shows ships
        dice: list[float] = []  # of those that do
        found = self._judged(thresholds)
        for one in found if only is None else (found[i] for i in only):
            kept = self._kept(one, thresholds)
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

    def _judged(self, thresholds: Thresholds) -> list[_Found]:
        """The parts of every picture by what decides which there are, and as what they are shown."""
        key = (
            thresholds.pixel,
            thresholds.core,
            thresholds.min_area,
            thresholds.fill_holes,
            thresholds.rectangles,
        )
        if key not in self._found:
            self._found[key] = [_parts(one, thresholds, self._refiner) for one in self._seen]
        return self._found[key]

    @staticmethod
    def _kept(one: _Found, thresholds: Thresholds) -> Any:
        """Which parts of a picture are shown."""
        sure = is_sure(one.areas, one.scores, thresholds) & (one.top >= level(thresholds.picture))
        return (one.cells >= level(thresholds.cell)) & sure


def as_seen(model: Model, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A whole picture as a detector looks at it: at half its size where its input is that small."""
    return halve(pixels) if model.window < SHAPE[0] else pixels


def seen_of(picture: Picture, presence: NDArray[np.uint8], probability: NDArray[np.uint8]) -> Seen:
    """What was said of a picture beside its truth."""
    return Seen(presence, probability, [parse(s, SHAPE) for s in picture.ships], picture.mask(), picture)


def look(detector: Model, segmenter: Model, picture: Picture, *, flips: bool = False) -> Seen:
    """Both models on a whole picture, whatever the detector says; with `flips` as it is and mirrored."""

    def ask(model: Model, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return ask_flipped(model, window) if flips else model(window)

    pixels, side = picture.pixels(), segmenter.window
    windows = [
        (top, left, ask(segmenter, pixels[top : top + side, left : left + side]))
        for top, left in tile_origins(SHAPE, side, overlap=min(side // 2, 192))
    ]
    return seen_of(picture, ask(detector, as_seen(detector, pixels)), merge_windows(windows, SHAPE))


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

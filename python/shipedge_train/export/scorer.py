"""How good a combination of thresholds is on images that the models have not learned from.

Runs the cascade's own step from probabilities to ships, so that what is chosen is what the device will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge._core import halve
from shipedge.backends import Model
from shipedge.bundle import Thresholds
from shipedge.cascade import ask_flipped
from shipedge.cascade.refine import Refiner
from shipedge.cascade.ships import find_components, is_sure, level, merge_windows
from shipedge.metrics import THRESHOLDS, f2_from_counts
from shipedge.rle import Rle, iou_matrix, parse
from shipedge.tiling import tile_origins
from shipedge_train.dataset import SHAPE, Image

SHIP_SHARE = 0.22
"""Share of the Airbus images that show ships."""


@dataclass(frozen=True)
class Seen:
    """What the models say about one image (probability * 256), the truth, and the image for a last look."""

    presence: NDArray[np.uint8]
    probability: NDArray[np.uint8]
    truths: list[Rle]
    mask: NDArray[np.uint8]
    image: Image


@dataclass(frozen=True)
class _Components:
    """The components of one image.

    Attributes:
        areas: pixels of each component,
        scores: its mean probability,
        cells: its strongest cell,
        shown: pixels of what is shown of it,
        common: those of them that are ship,
        iou: (ships, components), of what is shown.
        truth_area: ship pixels of the image.
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


class ThresholdScorer:
    """Scores combinations of thresholds; remembers the components, which take the time.

    Args:
        seen: the images.
        ship_share: share of images with ships where the thresholds will be used, 0..1: F2 is the mean that images
            of that mixture would have.
        refiner: has the last look at every component.
    """

    def __init__(self, seen: Sequence[Seen], ship_share: float = SHIP_SHARE, refiner: Refiner | None = None) -> None:
        self._seen, self._ship_share, self._refiner = seen, ship_share, refiner
        self._known: dict[tuple[float | bool, ...], list[_Components]] = {}

    def worth(self, thresholds: Thresholds, only: Sequence[int] | None = None) -> float:
        """What the search maximizes, on all images or on those with these numbers."""
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
        for judged in self._judged(thresholds):
            kept = self._kept(judged, thresholds)
            hits += int((judged.iou[:, kept] > THRESHOLDS[0]).any(axis=0).sum())
            shown += int(kept.sum())
            ships += len(judged.iou)
        return hits / shown if shown else 1.0, hits / max(ships, 1)

    def scores(self, thresholds: Thresholds) -> dict[str, Any]:
        """The same as two figures with names."""
        f2, dice = self._score(thresholds, None)
        return {"f2": round(f2, 4), "dice_ships": round(dice, 4)}

    def _score(self, thresholds: Thresholds, only: Sequence[int] | None) -> tuple[float, float]:
        """Mean official F2 of the mixture, and mean Dice over the images with ships."""
        f2: dict[bool, list[float]] = {True: [], False: []}  # by whether the image shows ships
        dice: list[float] = []  # of those that do
        everything = self._judged(thresholds)
        for judged in everything if only is None else (everything[i] for i in only):
            kept = self._kept(judged, thresholds)
            ships, count = len(judged.iou), int(kept.sum())
            if ships and count:
                over = judged.iou[:, kept] > np.asarray(THRESHOLDS)[:, None, None]
                hits, matched = over.any(axis=1).sum(axis=1), over.any(axis=2).sum(axis=1)
                f2[True].append(float(f2_from_counts(np.stack([hits, count - hits, ships - matched])).mean()))
            else:
                f2[ships > 0].append(float(ships == count))
            if ships:
                dice.append(2 * judged.common[kept].sum() / (judged.truth_area + judged.shown[kept].sum()))
        share = self._ship_share
        shown, empty = float(np.mean(f2[True] or [0.0])), float(np.mean(f2[False] or [1.0]))
        return share * shown + (1 - share) * empty, float(np.mean(dice)) if dice else 0.0

    def _judged(self, thresholds: Thresholds) -> list[_Components]:
        """The components of every image by what decides which there are, and as what they are shown."""
        key = (
            thresholds.pixel,
            thresholds.core,
            thresholds.min_area,
            thresholds.fill_holes,
            thresholds.rectangles,
        )
        if key not in self._known:
            self._known[key] = [_components(judged, thresholds, self._refiner) for judged in self._seen]
        return self._known[key]

    @staticmethod
    def _kept(judged: _Components, thresholds: Thresholds) -> Any:
        """Which components of an image are shown."""
        sure = is_sure(judged.areas, judged.scores, thresholds) & (judged.top >= level(thresholds.image))
        return (judged.cells >= level(thresholds.cell)) & sure


def as_seen(model: Model, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A whole image as a detector looks at it: at half its size where its input is that small."""
    return halve(pixels) if model.window < SHAPE[0] else pixels


def seen_of(image: Image, presence: NDArray[np.uint8], probability: NDArray[np.uint8]) -> Seen:
    """What was said of an image beside its truth."""
    return Seen(presence, probability, [parse(s, SHAPE) for s in image.ships], image.mask(), image)


def look(detector: Model, segmenter: Model, image: Image, *, flips: bool = False) -> Seen:
    """Both models on a whole image, whatever the detector says; with `flips` as it is and mirrored."""

    def ask(model: Model, window: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return ask_flipped(model, window) if flips else model(window)

    pixels, side = image.pixels(), segmenter.window
    windows = [
        (top, left, ask(segmenter, pixels[top : top + side, left : left + side]))
        for top, left in tile_origins(SHAPE, side, overlap=min(side // 2, 192))
    ]
    return seen_of(image, ask(detector, as_seen(detector, pixels)), merge_windows(windows, SHAPE))


def _components(seen: Seen, thresholds: Thresholds, refiner: Refiner | None) -> _Components:
    components = find_components(SHAPE, seen.presence, [(0, 0, seen.probability)], thresholds)
    if refiner is not None and components:
        better = refiner.outlines(seen.image.pixels(), [component.outline for component in components])
        components = [
            component._replace(outline=outline)
            for component, outline in zip(components, better, strict=True)
            if outline
        ]
    shown: list[Rle] = [component.outline for component in components]
    return _Components(
        areas=np.array([component.area for component in components], np.int64),
        shown=np.array([outline.area for outline in shown], np.int64),
        scores=np.array([component.score for component in components], np.float64),
        cells=np.array([component.cell for component in components], np.int64),
        common=np.array([outline.mean(seen.mask) * outline.area for outline in shown], np.float64),
        iou=np.asarray(iou_matrix(seen.truths, shown)).reshape(len(seen.truths), len(components)),
        truth_area=int(seen.mask.sum()),
        top=int(seen.presence.max()),
    )

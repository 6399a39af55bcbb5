"""What the cascade does with probabilities, chosen on the validation split with the very files that ship.

For the point "careful" a combination of thresholds is worth the official F2 plus the mean Dice over images with
ships: F2 alone is blind to small outlines, Dice alone to false alarms in empty images. F2 is that of a mixture with
few ship images, as the Airbus set, because sets for training have more of them and would make the cascade careless.
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
from typing import Any, NamedTuple

import numpy as np

from shipedge.backends import Model
from shipedge.bundle import Thresholds
from shipedge.cascade.refine import Refiner
from shipedge.metrics import roc_auc
from shipedge_train.dataset import Image
from shipedge_train.export.scorer import SHIP_SHARE, ThresholdScorer, look
from shipedge_train.progress import Progress, quietly

START = Thresholds(image=0.5, cell=0.3, pixel=0.5, min_area=12)
DETECTOR = {
    "image": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98),
    "cell": (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7),
}
SEGMENTER = (
    {"pixel": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7), "core": (0.0, 0.75, 0.85, 0.95)},
    {"min_area": (6, 8, 12, 20, 32, 48, 72, 108)},
    {"small_area": (60, 120, 240, 480), "small_score": (0.0, 0.5, 0.6, 0.7, 0.8)},
    {"fill_holes": (False, True), "rectangles": (False, True)},
)
# 0.0 lets everything through: what the segmenter does on its own.
NO_DETECTOR = replace(START, image=0.0, cell=0.0)

Grid = dict[str, tuple[Any, ...]]
RECALL = {
    "image": (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75),
    "cell": (0.1, 0.2, 0.3, 0.4, 0.5),
    "min_area": (8, 16, 32, 48),
    "small_area": (60, 120, 240),
    "small_score": (0.3, 0.4, 0.5, 0.6, 0.7),
}
"""What the points beside "careful" vary, all at once: how sure a ship must be, not how it is outlined."""
MIN_PRECISION, KEPT = 0.5, 2 / 3
"""Of the point "sensitive": every second ship that it shows is one, or this share of the precision of "careful"."""


@dataclass(frozen=True)
class Search:
    """What a search for thresholds does.

    Attributes:
        starts: where that of "careful" begins; the best end counts.
        groups: what it varies; nothing: the best start is it.
        points: operating points that stay as they are; None searches them.
    """

    starts: Sequence[Thresholds] = (START,)
    groups: Sequence[Grid] = (DETECTOR, *SEGMENTER)
    points: Mapping[str, Thresholds] | None = None


EVERYTHING = Search()


class Judges(NamedTuple):
    """The opened models of a cascade; the refiner, where there is one, has the last look at every component."""

    detector: Model
    segmenter: Model
    refiner: Refiner | None = None


def tune(
    judges: Judges,
    images: Sequence[Image],
    plan: Search = EVERYTHING,
    ship_share: float = SHIP_SHARE,
    progress: Progress = quietly,
) -> tuple[dict[str, Thresholds], dict[str, Any]]:
    """The best thresholds and their scores on `images`.

    Args:
        judges: the models.
        images: no model has learned from them.
        plan: where the search begins, and what it varies.
        ship_share: see `ThresholdScorer`.
        progress: shows how many images are done.

    Returns:
        operating points; f2, dice_ships, image_auc, images of "careful", as `segmenter_alone` the first two of the
        best that the segmenter reaches without the detector, and as `points` those of `ThresholdScorer.point` by name.
    """
    looks = (look(judges.detector, judges.segmenter, image) for image in images)
    seen = list(progress(looks, len(images), "Held-back images"))
    scorer = ThresholdScorer(seen, ship_share, judges.refiner)
    points = plan.points
    if points is None:
        careful = max((search(scorer.worth, start, plan.groups) for start in plan.starts), key=scorer.worth)
        points = {"careful": careful} | (_points(scorer, careful) if seen else {})
    alone = search(scorer.worth, NO_DETECTOR, [group for group in plan.groups if group is not DETECTOR])
    auc = roc_auc(np.array([bool(s.truths) for s in seen]), np.array([s.presence.max() for s in seen], np.float64))
    scores: dict[str, Any] = scorer.scores(points["careful"])
    scores |= {} if np.isnan(auc) else {"image_auc": round(auc, 4)}
    scores |= {"images": len(seen), "segmenter_alone": scorer.scores(alone)}
    return dict(points), scores | {"points": {name: scorer.point(point) for name, point in points.items()}}


def _points(scorer: ThresholdScorer, careful: Thresholds) -> dict[str, Thresholds]:
    """The points "balanced" and "sensitive"."""
    precise = scorer.precision_recall(careful)[0]
    least = min(MIN_PRECISION, KEPT * precise)

    def most_recall(start: Thresholds, floor: float) -> Thresholds:
        def worth(thresholds: Thresholds) -> float:
            precision, recall = scorer.precision_recall(thresholds)
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
                if other.image >= other.cell and (value := worth(other)) > most + 1e-9:
                    best, most, better = other, value, True
    return best


def _combinations(grid: Grid) -> Iterator[dict[str, Any]]:
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))

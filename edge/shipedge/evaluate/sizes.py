"""Scores by ship size, because half of all ships are small and most of the pixels are not."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shipedge.evaluate.matching import ALONE, HIT, SHIP_CAUSES
from shipedge.evaluate.result import Evaluation, Floats, Objects, share
from shipedge.metrics import THRESHOLDS, f2_from_counts

EDGES = (16, 32, 96)
NAMES = ("< 16 px", "16-31 px", "32-95 px", ">= 96 px")


@dataclass(frozen=True, slots=True)
class SizeScore:
    """One class, by the longer side of the bounding box.

    A true ship belongs to its own class, whatever size its prediction has; a prediction without a ship belongs to the
    class of its predicted size.

    Attributes:
        name: the class.
        ships: true ships.
        causes: what became of them, as matching.SHIP_CAUSES.
        recall: share of them found at IoU 0.5, NaN without ships.
        recall_mean: the same, mean over the ten thresholds.
        iou: mean IoU of those found, with their prediction.
        predicted: predictions of this size.
        false: those among them that are no attempt at any ship (cause "false").
        f2: 5 TP / (5 TP + 4 FN + FP), the counts of all images together, mean over the ten thresholds. Not the mean
            over images: most of them have no ship of the class, and would count as right.
    """

    name: str
    ships: int
    causes: dict[str, int]
    recall: float
    recall_mean: float
    iou: float
    predicted: int
    false: int
    f2: float


def by_size(result: Evaluation) -> list[SizeScore]:
    """One score for each class of `NAMES`."""
    return [_score(name, result, *chosen) for name, chosen in zip(NAMES, _classes(result), strict=True)]


def recalls(result: Evaluation) -> dict[str, tuple[Floats, Floats]]:
    """Ships found at IoU 0.5 and ships, by image, for each class: what the intervals are drawn from."""
    n, ships = len(result.names), result.ships
    return {
        name: (
            ships.per_image(n, chosen & (ships.cause == HIT)).astype(np.float64),
            ships.per_image(n, chosen).astype(np.float64),
        )
        for name, (chosen, _) in zip(NAMES, _classes(result), strict=True)
    }


def _classes(result: Evaluation) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
    """Which ships and which predictions belong to each class."""
    sides = [np.digitize(objects.side, EDGES) for objects in (result.ships, result.predictions)]
    return [(sides[0] == k, sides[1] == k) for k in range(len(NAMES))]


def _score(name: str, result: Evaluation, mine: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]) -> SizeScore:
    ships, predictions = result.ships, result.predictions
    steps = np.array(THRESHOLDS)
    found = _over(ships, mine, steps)
    counts = np.stack([found, predicted.sum() - _over(predictions, predicted, steps), mine.sum() - found])
    hit = mine & (ships.cause == HIT)
    causes = np.bincount(ships.cause[mine], minlength=len(SHIP_CAUSES)).tolist()
    return SizeScore(
        name=name,
        ships=int(mine.sum()),
        causes=dict(zip(SHIP_CAUSES, causes, strict=True)),
        recall=share(float(hit.sum()), float(mine.sum())),
        recall_mean=share(float(found.mean()), float(mine.sum())),
        iou=share(float(ships.iou[hit].sum()), float(hit.sum())),
        predicted=int(predicted.sum()),
        false=int((predicted & (predictions.cause == ALONE)).sum()),
        f2=float(f2_from_counts(counts).mean()) if mine.any() or predicted.any() else float("nan"),
    )


def _over(objects: Objects, chosen: npt.NDArray[np.bool_], steps: Floats) -> npt.NDArray[np.int64]:
    return np.array((objects.iou[chosen][:, None] > steps).sum(axis=0), np.int64)

"""The figures of an `Evaluation` by name: one place that says how each is computed."""

from typing import Any, NamedTuple

import numpy as np

from shipedge.evaluate.detector import Ranking, auc, average_precision
from shipedge.evaluate.grounds import GROUNDS
from shipedge.evaluate.matching import PREDICTION_CAUSES, SHIP_CAUSES
from shipedge.evaluate.resample import Interval, Ratio, estimate, intervals
from shipedge.evaluate.result import Evaluation, Floats
from shipedge.evaluate.sizes import recalls


class Figure(NamedTuple):
    """A figure and its 95 % interval; NaN and None where they are not defined."""

    value: float
    interval: Interval | None


def figures(result: Evaluation) -> dict[str, Figure]:
    """All figures with an interval: those of `ratios`, `recall_50 SIZE` of each size, and the scores' AUC and AP."""
    parts = ratios(result) | {f"recall_50 {name}": ratio for name, ratio in recalls(result).items()}
    values = {name: estimate(ratio) for name, ratio in parts.items()}
    ranking = rank(result)
    if ranking is not None:
        values |= {name: float(column[0]) for name, column in _areas(ranking, np.ones((1, len(result.names)))).items()}
    drawn = intervals(parts, result.scenes, None if ranking is None else lambda weights: _areas(ranking, weights))
    return {name: Figure(value, drawn[name]) for name, value in values.items()}


def ratios(result: Evaluation) -> dict[str, Ratio]:
    """Numerator and denominator of each figure, by image, (n,) each."""
    n = len(result.names)
    every, f2 = np.ones(n), result.f2_by_image().mean(axis=1)
    with_ships = result.ships.per_image(n) > 0
    answered = result.predictions.per_image(n) > 0
    ship, empty = with_ships.astype(np.float64), (~with_ships).astype(np.float64)
    common, truth, prediction = result.pixels.T.astype(np.float64)
    hits, false, missed = result.counts()[..., 0].astype(np.float64)
    dice, iou = result.dice_by_image(), result.iou_by_image()
    found = {
        "f2": (f2, every),
        "f2_all_empty": (empty, every),
        "f2_ship_images": (f2 * ship, ship),
        "dice_ship_images": (dice * ship, ship),
        "dice_all": (dice, every),
        "dice_pooled": (2 * common, truth + prediction),
        "iou_ship_images": (iou * ship, ship),
        "iou_all": (iou, every),
        "iou_pooled": (common, truth + prediction - common),
        "precision_50": (hits, hits + false),
        "recall_50": (hits, hits + missed),
        "empty_right": (empty * ~answered, empty),
        "ship_images_found": (ship * answered, ship),
    }
    if result.probabilities:
        assert result.scores is not None
        found["detector_brier"] = ((result.scores - with_ships) ** 2, every)
    return found


def rank(result: Evaluation) -> Ranking | None:
    """The images by score, where there are scores."""
    if result.scores is None:
        return None
    return Ranking(result.ships.per_image(len(result.names)) > 0, result.scores)


def causes(result: Evaluation) -> dict[str, dict[str, int]]:
    """How many ships and how many predictions have each cause."""
    return {
        side: dict(zip(names, np.bincount(objects.cause, minlength=len(names)).tolist(), strict=True))
        for side, names, objects in (
            ("ships", SHIP_CAUSES, result.ships),
            ("predictions", PREDICTION_CAUSES, result.predictions),
        )
    }


def false_alarms(result: Evaluation) -> dict[str, int] | None:
    """How many predictions that are no attempt at any ship lie on what; None where the images were not given."""
    if result.grounds is None:
        return None
    return dict(zip(GROUNDS, np.bincount(result.grounds, minlength=len(GROUNDS)).tolist(), strict=True))


def _areas(ranking: Ranking, weights: Floats) -> dict[str, Any]:
    right, false = ranking.positives(weights)
    return {"detector_auc": auc(right, false), "detector_ap": average_precision(right, false)}

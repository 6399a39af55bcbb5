"""The official Airbus F2, Dice and ROC AUC, computed on runs: no mask is ever painted.

The definitions are those of the Airbus Ship Detection Challenge (Kaggle, 2018). Its known mis-implementations, each of
them covered by a test: ``>=`` instead of ``>`` at a threshold, thresholds from ``np.arange`` (which drift), an
all-zero mask counted as a prediction, truths split into connected parts instead of taken row by row.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from shipedge.rle import Rle, iou_matrix, union

THRESHOLDS = (0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90, 0.95)


def f2_score(images: Iterable[tuple[Sequence[Rle], Sequence[Rle]]]) -> float:
    """Official score of a submission: mean of ``f2_image`` over all (truths, predictions), empty images included.

    Raises:
        ValueError: there is no image.
    """
    values = [f2_image(truths, predictions) for truths, predictions in images]
    if not values:
        raise ValueError("f2_score needs at least one image")
    return float(np.mean(values))


def f2_image(truths: Sequence[Rle], predictions: Sequence[Rle]) -> float:
    """Score of one image: mean of ``f2_thresholds``; both sides empty = 1, one side empty = 0."""
    return float(f2_thresholds(truths, predictions).mean())


def f2_thresholds(truths: Sequence[Rle], predictions: Sequence[Rle]) -> npt.NDArray[np.float64]:
    """F2 of one image at each of ``THRESHOLDS``: (10,) = 5 TP / (5 TP + 4 FN + FP)."""
    return f2_from_counts(match_counts(truths, predictions))


def match_counts(truths: Sequence[Rle], predictions: Sequence[Rle]) -> npt.NDArray[np.int64]:
    """True positives, false positives and false negatives of one image at each of ``THRESHOLDS``: (3, 10).

    A match is IoU strictly above the threshold. Masks of one side do not overlap, so above 0.5 every match is unique.
    A prediction without pixels is no prediction.
    """
    truths = [ship for ship in truths if ship.area]
    predictions = [ship for ship in predictions if ship.area]
    counts = np.zeros((3, len(THRESHOLDS)), np.int64)
    if not truths or not predictions:
        counts[1], counts[2] = len(predictions), len(truths)
        return counts
    iou = iou_matrix(truths, predictions)
    steps = np.asarray(THRESHOLDS)[:, None]
    counts[0] = (iou.max(axis=0) > steps).sum(axis=1)
    counts[1] = len(predictions) - counts[0]
    counts[2] = len(truths) - (iou.max(axis=1) > steps).sum(axis=1)
    return counts


def f2_from_counts(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """(3, n) true positives, false positives, false negatives -> (n,) F2; nothing to find and nothing found = 1."""
    hits, false, missed = counts
    worth = 5 * hits + 4 * missed + false
    return np.where(worth == 0, 1.0, 5 * hits / np.maximum(worth, 1))


def overlap(truths: Sequence[Rle], predictions: Sequence[Rle]) -> tuple[int, int, int]:
    """Pixels of (both sides, the truth, the prediction); each side is the union of its ships."""
    sides = [union(list(side), side[0].shape) if side else None for side in (truths, predictions)]
    truth, prediction = (side.area if side else 0 for side in sides)
    if sides[0] is None or sides[1] is None:
        return 0, truth, prediction
    return truth + prediction - union([sides[0], sides[1]], sides[0].shape).area, truth, prediction


def dice(truths: Sequence[Rle], predictions: Sequence[Rle]) -> float:
    """Dice of one image, 2 |T and P| / (|T| + |P|) over the unions of its ships; 1 where both sides are empty."""
    common, truth, prediction = overlap(truths, predictions)
    return 2 * common / (truth + prediction) if truth + prediction else 1.0


def roc_auc(
    labels: Sequence[bool] | npt.NDArray[np.bool_], scores: Sequence[float] | npt.NDArray[np.floating]
) -> float:
    """Chance that a random positive scores above a random negative, ties counted half (Mann-Whitney U / n+ n-).

    Args:
        labels: (n,) truth.
        scores: (n,) finite numbers, higher = more likely positive.

    Returns:
        0..1, or NaN where one of the classes is absent.

    Raises:
        ValueError: lengths differ, or a score is not finite.
    """
    positive, values = np.asarray(labels, bool), np.asarray(scores, np.float64)
    if positive.ndim != 1 or positive.shape != values.shape:
        raise ValueError(f"labels have shape {positive.shape} and scores {values.shape}, expected the same (n,)")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite numbers")
    count = int(positive.sum())
    if count in (0, len(positive)):
        return float("nan")
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[group]  # rank of a tie = mean of the ranks it spans
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(positive) - count)))

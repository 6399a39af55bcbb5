"""How well the images' scores separate ships from sea, and whether they mean what they say."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shipedge.evaluate.result import Floats, Ints

BINS = 10


class Ranking:
    """Images ordered by falling score, ties together: every cut there is.

    Attributes:
        cuts: (k,) the different scores, falling; "score >= cut" is a positive answer.
    """

    def __init__(self, labels: npt.NDArray[np.bool_], scores: Floats) -> None:
        """Order n images.

        Args:
            labels: (n,) whether there is a ship.
            scores: (n,) finite numbers, higher = more likely a ship.
        """
        self._order = np.argsort(-scores, kind="stable")
        ordered = scores[self._order]
        self._ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
        self._labels = labels[self._order]
        self.cuts = ordered[self._ends]

    def positives(self, weights: Floats) -> tuple[Floats, Floats]:
        """(true, false) positives at each cut when images count so often: (draws, n) -> (draws, k) each."""
        ordered = weights[:, self._order]
        right = np.cumsum(ordered * self._labels, axis=1)[:, self._ends]
        return right, np.cumsum(ordered, axis=1)[:, self._ends] - right


def auc(right: Floats, false: Floats) -> Floats:
    """Area under the ROC curve (trapezoids; ties count half): (draws, k) -> (draws,), NaN without both classes."""
    step = np.diff(false, axis=1, prepend=0)
    before = np.hstack([np.zeros((len(right), 1)), right[:, :-1]])
    with np.errstate(invalid="ignore"):
        area: Floats = (step * (right + before) / 2).sum(axis=1) / (right[:, -1] * false[:, -1])
    return area


def average_precision(right: Floats, false: Floats) -> Floats:
    """Sum of precision times the step in recall, without interpolation: (draws, k) -> (draws,), NaN without ships."""
    with np.errstate(invalid="ignore"):
        precision = np.where(right + false, right / (right + false), 1.0)
        area: Floats = (precision * np.diff(right, axis=1, prepend=0)).sum(axis=1) / right[:, -1]
    return area


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores in ten bins of equal width, (10,) each: images, their mean score, share with ships (NaN: none)."""

    images: Ints
    score: Floats
    share: Floats

    @property
    def ece(self) -> float:
        """Expected calibration error: mean distance of score and share, each bin weighted by its images."""
        full = self.images > 0
        return float((self.images[full] * np.abs(self.score - self.share)[full]).sum() / self.images.sum())


def calibration(labels: npt.NDArray[np.bool_], scores: Floats) -> Calibration:
    """Reliability of scores between 0 and 1, (n,) each."""
    bins = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    with np.errstate(invalid="ignore"):
        return Calibration(
            count, np.bincount(bins, scores, minlength=BINS) / count, np.bincount(bins, labels, minlength=BINS) / count
        )

"""Judges: classifiers that learn to tell crops of one dataset from crops of another, and how often they are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shipedge_train.data.compare.boosting import fit_stumps
from shipedge_train.data.compare.crops import Crops
from shipedge_train.data.compare.statistics import describe

Fit = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a judge told the sides apart on scenes that it had not seen.

    Attributes:
        accuracy: Mean of the accuracies on the two sides; 0.5 is guessing.
        low: 2.5 % quantile of the accuracy when scenes are drawn again (bootstrap over groups).
        high: 97.5 % quantile.
        scores: (n,) log odds that each crop is of the second side.
    """

    accuracy: float
    low: float
    high: float
    scores: NDArray[np.float64]


def verdict(crops: Crops, scores: NDArray[np.float64], draws: int = 2000) -> Verdict:
    """Accuracy of out-of-fold scores with its interval; crops of one scene stand or fall together."""
    right = (scores > 0) == (crops.side == 1)
    rng = np.random.default_rng(0)
    means, samples = [], []
    for side in (0, 1):
        mine = crops.side == side
        _, index = np.unique(crops.group[mine], return_inverse=True)
        hits, sizes = np.bincount(index, right[mine]), np.bincount(index)
        drawn = rng.integers(len(sizes), size=(draws, len(sizes)))
        means.append(hits.sum() / sizes.sum())
        samples.append(hits[drawn].sum(1) / sizes[drawn].sum(1))
    low, high = np.percentile((samples[0] + samples[1]) / 2, (2.5, 97.5))
    return Verdict(float(np.mean(means)), float(low), float(high), scores)


def cross_validated(crops: Crops, fit: Fit) -> NDArray[np.float64]:
    """Scores of every crop by a judge that was fitted without its fold: `fit(training rows, rows to score)`."""
    scores = np.zeros(len(crops.side))
    for fold in np.unique(crops.fold):
        held = np.flatnonzero(crops.fold == fold)
        scores[held] = fit(np.flatnonzero(crops.fold != fold), held)
    return scores


def judge_statistics(crops: Crops, progress: Callable[[], object] = lambda: None) -> tuple[Verdict, dict[str, float]]:
    """Boosted stumps on `describe` of each crop: the verdict, and how much each number gave away (shares of 1)."""
    rows = []
    for pixels in crops.pixels:
        rows.append(describe(pixels))
        progress()
    names = list(rows[0])
    table = np.array([list(row.values()) for row in rows])
    gain = np.zeros(len(names))

    def fit(train: NDArray[np.int64], held: NDArray[np.int64]) -> NDArray[np.float64]:
        model = fit_stumps(table[train], crops.side[train])
        gain[:] += model.gain
        return model.scores(table[held])

    found = verdict(crops, cross_validated(crops, fit))
    shares = gain / max(float(gain.sum()), 1e-12)
    order = np.argsort(-shares)
    return found, {names[k]: float(shares[k]) for k in order}

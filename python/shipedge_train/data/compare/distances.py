"""How far two samples of one number are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUANTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, slots=True)
class Gap:
    """One number in two datasets.

    Attributes:
        name: Of the number.
        ks: Kolmogorov-Smirnov distance, 0 (alike) to 1 (apart).
        wasserstein: Mean distance in the pooled sample's standard deviations.
        one: The first dataset's quantiles at `QUANTILES` percent.
        other: The second's.
    """

    name: str
    ks: float
    wasserstein: float
    one: tuple[float, ...]
    other: tuple[float, ...]


def ks_distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Largest difference of the two empirical distribution functions."""
    at = np.sort(np.concatenate([one, other]))
    low = np.searchsorted(np.sort(one), at, side="right") / len(one)
    high = np.searchsorted(np.sort(other), at, side="right") / len(other)
    return float(np.abs(low - high).max())


def wasserstein_distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Area between the two empirical distribution functions, in units of the pooled standard deviation."""
    at = np.sort(np.concatenate([one, other]))
    low = np.searchsorted(np.sort(one), at[:-1], side="right") / len(one)
    high = np.searchsorted(np.sort(other), at[:-1], side="right") / len(other)
    spread = float(at.std())
    return float((np.abs(low - high) * np.diff(at)).sum() / spread) if spread > 0 else 0.0


def gaps(one: Mapping[str, Sequence[float]], other: Mapping[str, Sequence[float]]) -> list[Gap]:
    """Gaps of all numbers that both sides have, the widest (by KS distance) first."""
    found = []
    for name in one.keys() & other.keys():
        a, b = np.asarray(one[name], np.float64), np.asarray(other[name], np.float64)
        if len(a) and len(b):
            sides = [tuple(float(v) for v in np.percentile(side, QUANTILES)) for side in (a, b)]
            found.append(Gap(name, ks_distance(a, b), wasserstein_distance(a, b), sides[0], sides[1]))
    return sorted(found, key=lambda gap: (-gap.ks, gap.name))

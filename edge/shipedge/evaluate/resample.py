"""95 % intervals by bootstrap: what the figures would be, had other images of the same kind been taken.

Percentile bootstrap (Efron and Tibshirani, 1993). Images cut from one scene look alike, so where scenes are known
whole scenes are drawn; drawing images would make the intervals too narrow. All figures share the same draws.
"""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from shipedge.evaluate.result import Floats, Ints

MOST_DRAWS, FEWEST_DRAWS = 1000, 200
LEVEL = 0.95
SEED = 1
_DRAWN = 40_000_000  # units in all draws together: enough for seconds
_HELD = 1 << 23  # weights held at a time, numbers

Ratio = tuple[Floats, Floats]
"""Numerator and denominator of a figure, by image: the figure is the quotient of their sums."""
Interval = tuple[float, float]
OfWeights = Callable[[Floats], Mapping[str, Floats]]


def estimate(ratio: Ratio) -> float:
    """The figure itself; NaN where there is nothing to divide."""
    part, whole = float(ratio[0].sum()), float(ratio[1].sum())
    return part / whole if whole else math.nan


def intervals(
    ratios: Mapping[str, Ratio], scenes: Ints | None, of_weights: OfWeights | None = None
) -> dict[str, Interval | None]:
    """(low, high) of each figure; None where it is undefined in one draw of twenty or more.

    Args:
        ratios: figures that are quotients of sums over the n images.
        scenes: (n,) number of each image's scene; None: every image is its own.
        of_weights: further figures from how often each image was drawn: (draws, n) -> name: (draws,).
    """
    sums = np.stack([side for ratio in ratios.values() for side in ratio], axis=1).astype(np.float64)
    if scenes is not None:
        sums = np.stack([np.bincount(scenes, column) for column in sums.T], axis=1)
    values: dict[str, list[Floats]] = {}
    for drawn in _draws(len(sums)):
        totals = drawn @ sums
        with np.errstate(invalid="ignore", divide="ignore"):
            found = dict(zip(ratios, (totals[:, ::2] / totals[:, 1::2]).T, strict=True))
        if of_weights is not None:
            found |= of_weights(drawn if scenes is None else drawn[:, scenes])
        for name, column in found.items():
            values.setdefault(name, []).append(column)
    return {name: _interval(np.concatenate(columns)) for name, columns in values.items()}


def draws(units: int) -> int:
    """How often so many units are drawn: less often where there are many, and the intervals narrow."""
    return max(FEWEST_DRAWS, min(MOST_DRAWS, _DRAWN // units))


def _draws(units: int) -> Iterator[Floats]:
    """How often each unit is drawn, in portions: (some, units), `draws` rows in all."""
    rng = np.random.default_rng(SEED)
    rows = max(1, min(draws(units), _HELD // units))
    for start in range(0, draws(units), rows):
        count = min(rows, draws(units) - start)
        picked = rng.integers(units, size=(count, units)) + np.arange(count)[:, None] * units
        yield np.bincount(picked.ravel(), minlength=count * units).reshape(count, units).astype(np.float64)


def _interval(values: Floats) -> Interval | None:
    defined = values[np.isfinite(values)]
    if len(defined) <= 0.95 * len(values):
        return None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)

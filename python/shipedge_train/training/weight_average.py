"""Averages of weights: over the steps of a run, and between where it started and where it stands."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Weights = list[NDArray[Any]]


def update_ema(mean: Weights | None, weights: Weights, updates: int, decay: float) -> Weights:
    """Update an exponential moving average (EMA) in place, faster in its first updates: there is little to remember.

    Args:
        mean: the average so far; None begins one.
        weights: of the model now.
        updates: how many there were, this one included.
        decay: of the average in the long run, 0..1.
    """
    decay = min(decay, updates / (updates + 9))
    if mean is None:
        mean = [w.copy() for w in weights]
    for average, weight in zip(mean, weights, strict=True):
        average += (1 - decay) * (weight - average)
    return mean


def interpolate(start: Weights | None, end: Weights, share: float) -> Weights:
    """`share` of the weights at the start and the rest of those at the end; `end` where there is no start.

    A network that is fine-tuned on few images gains on their like and loses on others; a mean of the weights before
    and after keeps most of both (WiSE-FT: Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022).
    """
    if start is None:
        return end
    return [share * first + (1 - share) * last for first, last in zip(start, end, strict=True)]

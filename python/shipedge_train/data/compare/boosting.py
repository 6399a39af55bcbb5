"""Boosted stumps: the plainest classifier that finds thresholds by itself and says which numbers it used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BINS = 32
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stumps:
    """Sum of one-threshold rules on single columns.

    Attributes:
        edges: (columns, bins - 1) thresholds to choose from.
        rules: (column, edge, value at or below it, value above it) of each round.
        gain: (columns,) share of the loss that each column removed.
    """

    edges: Floats
    rules: list[tuple[int, int, float, float]]
    gain: Floats

    def scores(self, table: Floats) -> Floats:
        """Log odds of class 1 for each row of (n, columns)."""
        total = np.zeros(len(table))
        for column, edge, low, high in self.rules:
            total += np.where(table[:, column] <= self.edges[column, edge], low, high)
        return total


def fit_stumps(table: Floats, target: NDArray[np.int64], rounds: int = 200, rate: float = 0.2) -> Stumps:
    """Fit by Newton steps on the logistic loss (gradient boosting with trees of depth one, exact on binned columns).

    Args:
        table: (n, columns) numbers.
        target: (n,) 0 or 1.
        rounds: Rules.
        rate: Share of each Newton step that is taken.
    """
    edges = np.quantile(table, np.linspace(0, 1, _BINS + 1)[1:-1], axis=0).T
    bins = np.stack([np.searchsorted(edges[k], table[:, k], side="left") for k in range(table.shape[1])])
    columns = len(bins)
    flat = (bins + np.arange(columns)[:, None] * _BINS).ravel()
    score, rules, gain = np.zeros(len(table)), [], np.zeros(columns)
    for _ in range(rounds):
        chance = 1 / (1 + np.exp(-score))
        slope, curve = target - chance, chance * (1 - chance)
        slopes = np.bincount(flat, np.tile(slope, columns), columns * _BINS).reshape(columns, _BINS).cumsum(1)
        curves = np.bincount(flat, np.tile(curve, columns), columns * _BINS).reshape(columns, _BINS).cumsum(1)
        s, c = slopes[:, :-1], curves[:, :-1] + 1.0  # the 1 keeps small leaves humble
        t, d = slopes[:, -1:] - s, curves[:, -1:] - curves[:, :-1] + 1.0
        worth = s * s / c + t * t / d
        column, edge = divmod(int(worth.argmax()), _BINS - 1)
        low, high = rate * s[column, edge] / c[column, edge], rate * t[column, edge] / d[column, edge]
        rules.append((column, edge, float(low), float(high)))
        gain[column] += worth[column, edge]
        score += np.where(bins[column] <= edge, low, high)
    return Stumps(edges, rules, gain / max(float(gain.sum()), 1e-12))

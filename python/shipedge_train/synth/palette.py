"""Colors of ships, decks and cargo as satellite images show them (display values in [0, 1])."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Color = tuple[float, float, float]
T = TypeVar("T")

# Weights by repetition: brick red and grey decks are by far the most frequent on cargo ships.
DECKS: tuple[Color, ...] = (
    (0.55, 0.31, 0.27),
    (0.60, 0.34, 0.29),
    (0.50, 0.29, 0.27),
    (0.62, 0.36, 0.25),
    (0.45, 0.30, 0.24),
    (0.42, 0.33, 0.27),
    (0.33, 0.27, 0.23),
    (0.44, 0.45, 0.45),
    (0.37, 0.39, 0.40),
    (0.56, 0.56, 0.54),
    (0.29, 0.32, 0.33),
    (0.20, 0.30, 0.27),
    (0.26, 0.38, 0.34),
    (0.31, 0.40, 0.33),
    (0.64, 0.59, 0.49),
    (0.57, 0.52, 0.42),
    (0.24, 0.30, 0.40),
    (0.19, 0.20, 0.20),
)
SIDES: tuple[Color, ...] = (
    (0.10, 0.11, 0.12),
    (0.13, 0.13, 0.14),
    (0.33, 0.15, 0.13),
    (0.42, 0.20, 0.16),
    (0.11, 0.15, 0.24),
    (0.30, 0.31, 0.32),
    (0.13, 0.22, 0.19),
    (0.60, 0.60, 0.58),
)
HATCHES: tuple[Color, ...] = (
    (0.55, 0.31, 0.27),
    (0.62, 0.60, 0.55),
    (0.53, 0.54, 0.53),
    (0.68, 0.64, 0.54),
    (0.40, 0.42, 0.43),
    (0.30, 0.40, 0.37),
    (0.45, 0.34, 0.28),
    (0.74, 0.73, 0.69),
)
WHITES: tuple[Color, ...] = (
    (0.86, 0.86, 0.82),
    (0.95, 0.95, 0.93),
    (0.80, 0.78, 0.70),
    (0.70, 0.71, 0.70),
    (0.88, 0.84, 0.72),
    (1.00, 1.00, 0.98),
)
BOXES: tuple[Color, ...] = (
    (0.48, 0.20, 0.17),
    (0.56, 0.27, 0.18),
    (0.20, 0.28, 0.44),
    (0.26, 0.38, 0.50),
    (0.62, 0.60, 0.56),
    (0.82, 0.80, 0.76),
    (0.27, 0.38, 0.30),
    (0.66, 0.52, 0.25),
    (0.36, 0.26, 0.23),
    (0.70, 0.42, 0.22),
    (0.40, 0.42, 0.44),
)
BOATS: tuple[Color, ...] = (
    (0.92, 0.92, 0.90),
    (0.80, 0.80, 0.77),
    (0.66, 0.67, 0.66),
    (0.50, 0.52, 0.52),
    (0.40, 0.42, 0.42),
    (0.55, 0.47, 0.37),
    (0.38, 0.31, 0.25),
    (0.28, 0.38, 0.46),
    (0.25, 0.38, 0.34),
    (0.52, 0.30, 0.25),
    (0.24, 0.25, 0.26),
)
CARGO: tuple[Color, ...] = (
    (0.14, 0.14, 0.14),
    (0.40, 0.30, 0.22),
    (0.56, 0.48, 0.37),
    (0.45, 0.27, 0.20),
    (0.62, 0.60, 0.55),
    (0.30, 0.28, 0.25),
)


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """One of `options`, all equally likely."""
    return options[int(rng.integers(len(options)))]


def vary(rng: np.random.Generator, color: Color, amount: float = 0.05) -> Color:
    """A neighbour of `color`: its brightness changed by up to `amount` twice over, each channel by half of it."""
    shift = rng.uniform(-amount, amount, 3) * 0.5 + rng.uniform(-amount, amount) * 1.5
    red, green, blue = np.clip(np.asarray(color) + shift, 0.02, 1.1)
    return float(red), float(green), float(blue)


def some(rng: np.random.Generator, options: Sequence[Color], amount: float = 0.05) -> Color:
    """A varied pick of a palette."""
    return vary(rng, pick(rng, options), amount)


def mix(a: Color, b: Color, share: float) -> Color:
    """`a` with `share` (0 to 1) of `b` in it."""
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)


def shade(color: Color, factor: float) -> Color:
    """`color` made brighter or darker by `factor`."""
    return color[0] * factor, color[1] * factor, color[2] * factor

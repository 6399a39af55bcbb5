"""Sizes of labelled rectangles, as measured on the public Airbus ship labels."""

from __future__ import annotations

import math

import numpy as np

# Label area in pixels at the given shares of all ships, and the median length over width at these areas.
_SHARES = (0.0, 0.01, 0.05, 0.25, 0.50, 0.75, 0.95, 0.99, 1.0)
_AREAS = (12.0, 20.0, 38.0, 118.0, 430.0, 1800.0, 11500.0, 20000.0, 27000.0)
_ASPECT_AREAS = (12.0, 80.0, 250.0, 700.0, 2200.0, 6000.0, 26000.0)
_ASPECTS = (1.6, 2.1, 2.55, 3.6, 4.8, 5.4, 5.6)


def _share(z: float) -> float:
    """Share of a standard normal distribution below z."""
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def sample_size(rng: np.random.Generator, common: float) -> tuple[float, float]:
    """Length and width in pixels of a label.

    Ships seen together resemble each other: `common`, one standard normal number per scene, takes part in every
    draw, which leaves the distribution over all scenes as it is.
    """
    z = 0.6 * common + 0.8 * float(rng.normal())
    area = math.exp(float(np.interp(_share(z), _SHARES, np.log(_AREAS))))
    middle = float(np.interp(math.log(area), np.log(_ASPECT_AREAS), _ASPECTS))
    spread = 0.27 if area < 1000 else 0.2
    aspect = min(max(middle * math.exp(float(rng.normal(0, spread))), 1.15), 8.5)
    width = max(math.sqrt(area / aspect), 3.0)
    return max(area / width, 4.0), width

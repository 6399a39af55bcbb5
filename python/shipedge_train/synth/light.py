"""The light of one scene: one sun for hulls, roofs, trees and clouds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Light:
    """Where shadows fall and how deep they are.

    Attributes:
        azimuth: Direction in which shadows fall, radians, image axes (x right, y down).
        shadow: Length of a shadow in pixels for each pixel of height.
        strength: How dark a shadow is, 0 (overcast) to 1 (black).
    """

    azimuth: float
    shadow: float
    strength: float

    def offset(self, height_px: float) -> tuple[float, float]:
        """Displacement (dx, dy) in pixels of the shadow's tip of something `height_px` tall."""
        length = self.shadow * height_px
        return length * math.cos(self.azimuth), length * math.sin(self.azimuth)


def sample_light(rng: np.random.Generator) -> Light:
    """Draw a late-morning sun: elevation 30 to 70 degrees, any azimuth, seldom overcast."""
    elevation = math.radians(float(rng.uniform(30, 70)))
    strength = float(rng.uniform(0.15, 0.4)) if rng.random() < 0.15 else float(rng.uniform(0.5, 0.85))
    return Light(float(rng.uniform(-math.pi, math.pi)), 1 / math.tan(elevation), strength)

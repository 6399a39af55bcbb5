"""What the models say of a frame -> ships: rules for the loops of the core. The tuning of thresholds runs them too."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shipedge._core import merge_windows, ship_components
from shipedge.bundle import Thresholds
from shipedge.frame import Ship
from shipedge.rle import Rle

__all__ = ["Component", "Window", "find_components", "find_ships", "is_sure", "level", "merge_windows"]

Window: TypeAlias = tuple[int, int, NDArray[np.uint8]]
"""(top, left, probability * 256 of its (side, side) pixels)."""


class Component(NamedTuple):
    """A connected part of a frame that may be a ship.

    Attributes:
        outline: what is shown of it, in the coordinates of the frame; no two components share a pixel.
        area: pixels of the component itself.
        score: mean probability over these, 0..1.
        cell: the strongest presence cell that they touch, probability * 256.
    """

    outline: Rle
    area: int
    score: float
    cell: int


def level(threshold: float) -> int:
    """The smallest uint8 value v with v / 256 >= threshold; 255 where only 256 would do."""
    return min(ceil(threshold * 256), 255)


def find_components(
    shape: tuple[int, int], presence: NDArray[np.uint8], windows: Sequence[Window], thresholds: Thresholds
) -> list[Component]:
    """The connected parts of a frame that are large enough, those of touching ships taken apart, from left to right.

    Args:
        shape: (height, width) of the frame.
        presence: (rows, cols) uint8, probability * 256 for each cell of 32x32 pixels.
        windows: probabilities; they are merged, and everything outside of them is sea.
        thresholds: `pixel`, `min_area`, `core`, `fill_holes` and `rectangles` are used.
    """
    pixel, core = level(thresholds.pixel), level(thresholds.core)
    found = ship_components(
        shape, presence, windows, pixel, thresholds.min_area, core, thresholds.fill_holes, thresholds.rectangles
    )
    return [Component(*one) for one in found]


def is_sure(area: Any, score: Any, thresholds: Thresholds) -> Any:
    """Small components are the most frequent false ones: below `small_area` pixels they need a mean of `small_score`.

    Takes numbers or arrays of them.
    """
    return (area >= thresholds.small_area) | (score >= thresholds.small_score)


def find_ships(
    shape: tuple[int, int], presence: NDArray[np.uint8], windows: Sequence[Window], thresholds: Thresholds
) -> tuple[Ship, ...]:
    """The components that count, as ships.

    A component may reach beyond the positive cells, but must touch one: elsewhere in a window the detector has already
    said that there is no ship.

    Args: as `find_components`; `cell`, `small_area` and `small_score` of the thresholds are used too.
    """
    cell = level(thresholds.cell)
    return tuple(
        Ship(one.outline, one.score, one.outline.bbox)
        for one in find_components(shape, presence, windows, thresholds)
        if one.cell >= cell and is_sure(one.area, one.score, thresholds)
    )

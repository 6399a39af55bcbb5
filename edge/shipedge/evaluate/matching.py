"""One image: how well each ship and each prediction is matched, and by what cause one is not.

The causes follow the idea of TIDE (Bolya et al., 2020: an error has one main cause, and an overlap under IoU 0.1 is
background), with merged and split ships in place of its classes, and decided by pixels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shipedge.rle import Rle, iou_matrix

SHIP_CAUSES = ("found", "merged", "split", "too large", "too small", "shifted", "missed")
"""What became of a true ship, the first that holds.

found: IoU over 0.5 with a prediction. merged: a prediction holds at least half of it and half of another ship. split:
at least half of each of two predictions lies in it. too large: a prediction of 1.5 times its pixels or more holds at
least half of it (a wake taken for the ship). too small: at least half of a prediction of up to two thirds of its pixels
lies in it. shifted: another overlap that holds half of either side, or with an IoU of 0.1 or more. missed: the rest.
"""

PREDICTION_CAUSES = ("right", "merged", "piece", "too large", "too small", "shifted", "false")
"""What a prediction is: the same, seen from its side.

piece: at least half of it lies in a ship that another prediction has found or shares. false: the rest.
"""

HIT, MERGED, PIECE, LARGE, SMALL, SHIFTED, ALONE = range(7)
"""Places in both tables."""

BACKGROUND = 0.1
"""IoU from which on a wrong outline is an attempt at this ship."""


class Matched(NamedTuple):
    """One side of an image, (n,) each: best IoU with the other side, place in the table of causes."""

    iou: npt.NDArray[np.float64]
    cause: npt.NDArray[np.int64]


def match(
    ships: Sequence[Rle], predictions: Sequence[Rle], ship_areas: npt.NDArray[np.int64], areas: npt.NDArray[np.int64]
) -> tuple[Matched, Matched]:
    """Match n true ships with m predictions of one image, neither of which overlap among themselves.

    Args:
        ships: the truth.
        predictions: what was said.
        ship_areas: (n,) pixels.
        areas: (m,) pixels of the predictions.
    """
    if not ships or not predictions:
        return _alone(len(ships)), _alone(len(predictions))
    iou = iou_matrix(ships, predictions)
    best, best_said = iou.max(axis=1), iou.max(axis=0)
    found, right = best > 0.5, best_said > 0.5
    if found.all() and right.all():
        return Matched(best, np.full(len(ships), HIT)), Matched(best_said, np.full(len(predictions), HIT))
    common = np.rint(iou / (1 + iou) * (ship_areas[:, None] + areas))
    holds, lies_in = 2 * common >= ship_areas[:, None], 2 * common >= areas
    merging, shared = holds.sum(axis=0) > 1, lies_in.sum(axis=1) > 1
    large = holds & (2 * areas >= 3 * ship_areas[:, None])
    small = lies_in & (3 * areas <= 2 * ship_areas[:, None])
    shifted = holds | lies_in | (iou >= BACKGROUND)
    piece = (lies_in & (shared | found)[:, None]).any(axis=0)
    return (
        Matched(best, _first(found, (holds & merging).any(axis=1), shared, *_any(1, large, small, shifted))),
        Matched(best_said, _first(right, merging, piece, *_any(0, large, small, shifted))),
    )


def _any(axis: int, *pairs: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.bool_]]:
    """Which objects of one side have such a pair."""
    return [np.asarray(pair.any(axis=axis)) for pair in pairs]


def _alone(count: int) -> Matched:
    return Matched(np.zeros(count), np.full(count, ALONE))


def _first(*holds: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Number of the first condition that holds, for each object; their count where none does."""
    return np.asarray(np.argmax([*holds, np.ones_like(holds[0])], axis=0), np.int64)

"""One picture: how well each ship and each prediction is matched, and by what cause one is not.

The causes follow the idea of TIDE (Bolya et al., 2020: an error has one main cause, and an overlap under IoU 0.1 is
background), with merged and split ships in place of its classes, and decided by pixels.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shipedge.rle import Rle, iou_matrix

SHIP_CAUSES = ("found", "merged", "split", "poor outline", "missed")
"""What became of a true ship, the first that holds.

found: IoU over 0.5 with a prediction. merged: a prediction holds at least half of it and half of another ship. split:
at least half of each of two predictions lies in it. poor outline: IoU of 0.1 or more. missed: the rest.
"""

PREDICTION_CAUSES = ("right", "merged", "piece", "poor outline", "false")
"""What a prediction is, the first that holds.

right: IoU over 0.5 with a ship. merged: it holds at least half of each of two ships. piece: at least half of it lies
in a ship that another prediction has found or shares. poor outline: IoU of 0.1 or more. false: the rest.
"""

HIT, MERGED, PIECE, OUTLINE, ALONE = range(5)
"""Places in both tables."""

BACKGROUND = 0.1
"""IoU from which on a wrong outline is an attempt at this ship."""


class Matched(NamedTuple):
    """One side of a picture, (n,) each: best IoU with the other side, place in the table of causes."""

    iou: npt.NDArray[np.float64]
    cause: npt.NDArray[np.int64]


def match(
    ships: Sequence[Rle], predictions: Sequence[Rle], ship_areas: npt.NDArray[np.int64], areas: npt.NDArray[np.int64]
) -> tuple[Matched, Matched]:
    """Match n true ships with m predictions of one picture, neither of which overlap among themselves.

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
    piece = (lies_in & (shared | found)[:, None]).any(axis=0)
    return (
        Matched(best, _first(found, (holds & merging).any(axis=1), shared, best >= BACKGROUND)),
        Matched(best_said, _first(right, merging, piece, best_said >= BACKGROUND)),
    )


def _alone(count: int) -> Matched:
    return Matched(np.zeros(count), np.full(count, ALONE))


def _first(*holds: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Number of the first condition that holds, for each object; their count where none does."""
    return np.argmax([*holds, np.ones_like(holds[0])], axis=0)

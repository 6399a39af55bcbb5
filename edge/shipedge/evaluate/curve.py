"""Precision over recall: what a higher or lower bar for the score of a ship would give."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np

from shipedge.errors import DatasetError
from shipedge.evaluate.result import Evaluation, Floats

__all__ = ["Curve", "draw", "precision_over_recall"]

_MARKS = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
"""Scores that are written beside the curve."""


class Curve(NamedTuple):
    """For every score that a prediction has, from high to low: what is right of those that reach it, (k,) each.

    A prediction is right, and a ship found, at an IoU over 0.5. Masks of one side are disjoint, so no two predictions
    find the same ship.
    """

    score: Floats
    precision: Floats
    recall: Floats


def precision_over_recall(result: Evaluation) -> Curve:
    """The curve of an evaluation.

    Raises:
        DatasetError: the predictions have no scores, or there are no ships to find.
    """
    if result.confidences is None:
        raise DatasetError("a curve needs the score of every ship: predictions.jsonl of shipedge predict, not a CSV")
    ships = len(result.ships.image)
    if not ships:
        raise DatasetError("a curve needs ships in the truth, and there are none")
    order = np.argsort(-result.confidences, kind="stable")
    scores, right = result.confidences[order], (result.predictions.iou > 0.5)[order].cumsum()
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], len(scores) > 0))  # of equal scores
    return Curve(scores[last], right[last] / (last + 1), right[last] / ships)


def draw(curve: Curve) -> bytes:
    """The curve as a PNG. Raises ModuleNotFoundError where Matplotlib is not installed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot(
        xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02), title="Ships found at IoU > 0.5"
    )
    axes.plot(curve.recall, curve.precision, drawstyle="steps-post")
    for score in _MARKS:
        k = int((curve.score >= score).sum()) - 1
        if k >= 0 and (k + 1 < len(curve.score) or curve.score[k] == score):
            axes.plot(curve.recall[k], curve.precision[k], "o", color="C0")
            axes.annotate(f"{score}", (curve.recall[k], curve.precision[k]), (5, 5), textcoords="offset points")
    axes.grid(alpha=0.3)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=150)
    return file.getvalue()

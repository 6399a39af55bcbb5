"""A network on whole pictures: how good it is, and which pictures without ships it finds hard."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge_train.dataset import Picture
from shipedge_train.loader import presence_grid, whole_pictures
from shipedge_train.metrics import score_detector, score_segmenter

HARDEST = 10.0
"""Weight of a picture without ships in which the network is sure of one; one that it leaves empty has 1."""


def evaluate(model: keras.Model, kind: str, pictures: Sequence[Picture]) -> dict[str, float]:
    """Score whole pictures; see `metrics.score_detector` and `metrics.score_segmenter`."""
    predictions: list[NDArray[np.floating]] = []
    masks: list[NDArray[np.uint8]] = []
    for images, truth in whole_pictures(pictures):
        found = np.asarray(model.predict_on_batch(images))[..., 0]
        # Half a gigabyte per hundred pictures in float32; a thousandth is fine enough to score.
        predictions += list(found if kind == "detector" else found.astype(np.float16))
        masks += list(truth)
    if kind == "detector":
        return score_detector(predictions, [presence_grid(m) for m in masks])
    return score_segmenter(predictions, masks)


def hardness(model: keras.Model, empty: Sequence[Picture]) -> dict[str, float]:
    """How much likelier each of these pictures without ships should be drawn, by file name: 1..HARDEST.

    Linear in the highest probability that the network gives any cell or pixel.
    """
    found: dict[str, float] = {}
    pictures = iter(empty)
    for images, _ in whole_pictures(empty):
        highest = np.asarray(model.predict_on_batch(images)).reshape(len(images), -1).max(axis=1)
        for value in highest.tolist():
            found[next(pictures).path.name] = 1 + (HARDEST - 1) * value
    return found

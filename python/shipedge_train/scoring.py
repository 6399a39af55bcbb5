"""A network on whole pictures: how good it is, and which pictures without ships it finds hard."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.refine import corrected
from shipedge_train.dataset import Picture
from shipedge_train.loader import overlap, patches_of, presence_grid, whole_pictures
from shipedge_train.metrics import score_detector, score_segmenter
from shipedge_train.objective import outputs_of

_EACH = 2  # rectangles gone astray per ship, where a refiner is scored
HARDEST = 10.0
"""Weight of a picture without ships in which the network is sure of one; one that it leaves empty has 1."""


def evaluate(model: keras.Model, kind: str, pictures: Sequence[Picture]) -> dict[str, float]:
    """Score whole pictures; see `metrics.score_detector` and `metrics.score_segmenter`.

    A network with both outputs has both scores; its `score` is their mean. A refiner is scored on patches, by the mean
    intersection over union with the label that its rectangles have, `iou_before` and `iou`.
    """
    if kind == "refiner":
        return _refined(model, pictures)
    grids: list[NDArray[np.floating]] = []
    probabilities: list[NDArray[np.floating]] = []
    masks: list[NDArray[np.uint8]] = []
    for images, truth in whole_pictures(pictures):
        found = outputs_of(kind, model.predict_on_batch(images))
        if "presence" in found:
            grids += list(np.asarray(found["presence"])[..., 0])
        if "probability" in found:
            # Half a gigabyte per hundred pictures in float32; a thousandth is fine enough to score.
            probabilities += list(np.asarray(found["probability"])[..., 0].astype(np.float16))
        masks += list(truth)
    scores = [score_detector(grids, [presence_grid(m) for m in masks])] if grids else []
    scores += [score_segmenter(probabilities, masks)] if probabilities else []
    mean = sum(one["score"] for one in scores) / len(scores)
    return {name: value for one in scores for name, value in one.items()} | {"score": mean}


def _refined(model: keras.Model, pictures: Sequence[Picture]) -> dict[str, float]:
    patches = list(patches_of(pictures, _EACH))
    if not patches:
        return {"score": float("nan"), "iou_before": float("nan"), "iou": float("nan")}
    said = model.predict(np.stack([patch for patch, _, _ in patches]), batch_size=64, verbose=0)[:, 0, :, 0]
    before = [overlap(found, truth) for _, found, truth in patches]
    after = [overlap(corrected(found, one), truth) for (_, found, truth), one in zip(patches, said, strict=True)]
    iou = float(np.mean(after))
    return {"score": iou, "iou_before": float(np.mean(before)), "iou": iou}


def hardness(model: keras.Model, kind: str, empty: Sequence[Picture]) -> dict[str, float]:
    """How much likelier each of these pictures without ships should be drawn, by file name: 1..HARDEST.

    Linear in the highest probability that the network gives any cell or pixel. A refiner never looks at them.
    """
    if kind == "refiner":
        return {}
    found: dict[str, float] = {}
    pictures = iter(empty)
    for images, _ in whole_pictures(empty):
        outputs = outputs_of(kind, model.predict_on_batch(images)).values()
        highest = [np.asarray(output).reshape(len(images), -1).max(axis=1) for output in outputs]
        for value in np.max(highest, axis=0).tolist():
            found[next(pictures).path.name] = 1 + (HARDEST - 1) * value
    return found

"""Does the converted file say what Keras says? Compared on tiles that neither training nor calibration has seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.backends import Model
from shipedge.metrics import roc_auc
from shipedge_train.loader import presence_grid
from shipedge_train.metrics import dice_at

Values = NDArray[np.floating]
Tile = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def compare(kind: str, model: keras.Model, converted: Model, tiles: list[Tile]) -> dict[str, Any]:
    """Figures for the manifest, rounded.

    `max_abs` and `mean_abs` are differences of probability (one step of the uint8 output is 0.0039), `agreement` the
    share of values on the same side of 0.5. The segmenter adds the mean Dice of either against the truth on tiles with
    ships, the `drop` between them, and the Dice of both masks against each other; the detector adds both picture AUCs.
    """
    ours: list[Values] = []
    theirs: list[Values] = []
    masks = []
    for pixels, mask in tiles:
        ours.append(np.asarray(model.predict_on_batch(pixels[None]))[0, ..., 0])
        theirs.append(converted(pixels).astype(np.float32) / 256)
        masks.append(mask)
    figures = differences(ours, theirs)
    if kind == "detector":
        truth = np.array([presence_grid(m).max() > 0 for m in masks])
        for label, grids in (("keras", ours), ("converted", theirs)):
            auc = roc_auc(truth, np.array([g.max() for g in grids], np.float64))
            figures[f"picture_auc_{label}"] = None if np.isnan(auc) else auc
    else:
        ships = [k for k, mask in enumerate(masks) if mask.any()]
        before = float(np.mean([dice_at(ours[k], masks[k]) for k in ships])) if ships else 0.0
        after = float(np.mean([dice_at(theirs[k], masks[k]) for k in ships])) if ships else 0.0
        mutual = [dice_at(b, (a >= 0.5).astype(np.uint8)) for a, b in zip(ours, theirs, strict=True)]
        figures |= {"dice_keras": before, "dice_converted": after, "drop": before - after}
        figures["dice_mutual"] = float(np.mean(mutual))
    return _rounded(figures)


def differences(ours: Sequence[Values], theirs: Sequence[Values]) -> dict[str, Any]:
    """The part of it that every model has: of Keras' values and those of the converted file."""
    difference = [np.abs(a - b) for a, b in zip(ours, theirs, strict=True)]
    same = [((a >= 0.5) == (b >= 0.5)).mean() for a, b in zip(ours, theirs, strict=True)]
    return _rounded(
        {
            "tiles": len(ours),
            "max_abs": float(max(d.max() for d in difference)),
            "mean_abs": float(np.mean([d.mean() for d in difference])),
            "agreement": float(np.mean(same)),
        }
    )


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 5) if isinstance(value, float) else value for key, value in figures.items()}

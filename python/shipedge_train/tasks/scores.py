"""What is shown and compared during training: Dice of the segmenter, ranking quality of the detector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shipedge.evaluate.detector import Ranking, average_precision
from shipedge.metrics import roc_auc

HARDLY = 4 / 256
"""Of a probability: steps of the uint8 output by which int8 arithmetic often misses."""
LEARNED = 0.05
"""Mean Dice of tiles with ships below which a segmenter outlines nothing yet."""


def dice_at(probability: NDArray[np.floating], mask: NDArray[np.uint8], cut: float = 0.5) -> float:
    """Dice of one image at a threshold: (h, w) twice -> 0..1; 1 where both sides are empty."""
    found = probability >= cut
    total = int(found.sum()) + int(mask.sum())
    return 2 * int((found & (mask > 0)).sum()) / total if total else 1.0


def score_segmenter(probabilities: list[NDArray[np.floating]], masks: list[NDArray[np.uint8]]) -> dict[str, float]:
    """Mean Dice of the images with ships, and the share of empty images without a false ship pixel (at 0.5).

    The mean of both is the `score`: chosen by Dice alone, the best weights would be blind to false alarms, and most
    images are empty.
    """
    ships = [dice_at(p, m) for p, m in zip(probabilities, masks, strict=True) if m.any()]
    empty = [dice_at(p, m) for p, m in zip(probabilities, masks, strict=True) if not m.any()]
    dice, right = _mean(ships), _mean(empty)
    return {"score": _mean([dice, right]), "dice_ships": dice, "empty_right": right}


def score_detector(grids: list[NDArray[np.floating]], truths: list[NDArray[np.floating]]) -> dict[str, float]:
    """ROC AUC of the image score, and AUC and average precision of the cells (grazed cells left out)."""
    cells, cell_scores = np.concatenate([t.ravel() for t in truths]), np.concatenate([g.ravel() for g in grids])
    counted = np.abs(cells - 0.5) > 0.25
    positive = cells[counted] > 0.5
    image_auc = roc_auc(np.array([t.max() > 0 for t in truths]), np.array([g.max() for g in grids], np.float64))
    ranking = Ranking(positive, cell_scores[counted].astype(np.float64))
    (precision,) = average_precision(*ranking.positives(np.ones((1, len(positive))))).tolist()
    auc = roc_auc(positive, cell_scores[counted].astype(np.float64))
    return {"score": _mean([image_auc, precision]), "image_auc": image_auc, "cell_ap": precision, "cell_auc": auc}


def _mean(values: list[float]) -> float:
    """Mean of the defined values; NaN when there is none."""
    known = [v for v in values if not np.isnan(v)]
    return float(np.mean(known)) if known else float("nan")

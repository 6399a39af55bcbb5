"""Loss functions: pure ``keras.ops``, one value per image, finite on empty, full and mixed masks.

Every function maps ``(y_true, y_pred)`` with probabilities in ``y_pred`` to a tensor of shape (batch,).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from shipedge_train.loader.truth import IGNORE

_EPSILON = 1e-6  # keeps log() finite in float32; the gradient at the clip is at most 1e6 and is clipped by norm


def _cross_entropy(y_true: Any, y_pred: Any) -> Any:
    y_pred = ops.clip(y_pred, _EPSILON, 1 - _EPSILON)
    return -(y_true * ops.log(y_pred) + (1 - y_true) * ops.log(1 - y_pred))


def bce_loss(y_true: Any, y_pred: Any) -> Any:
    """Binary cross-entropy, mean over pixels: (b, h, w, 1) twice -> (b,)."""
    return ops.mean(_cross_entropy(ops.cast(y_true, y_pred.dtype), y_pred), axis=(1, 2, 3))


def dice_loss(y_true: Any, y_pred: Any, smooth: float = 1.0) -> Any:
    """Soft Dice loss 1 - (2 |T P| + s) / (|T| + |P| + s), per image: (b, h, w, 1) twice -> (b,).

    The smoothing term makes an empty truth with an empty prediction a perfect 0 instead of 0 / 0. Source: Milletari,
    Navab, Ahmadi, "V-Net", 2016, with sums instead of squares.
    """
    y_true = ops.cast(y_true, y_pred.dtype)
    overlap = ops.sum(y_true * y_pred, axis=(1, 2, 3))
    return 1 - (2 * overlap + smooth) / (ops.sum(y_true + y_pred, axis=(1, 2, 3)) + smooth)


def bce_dice(y_true: Any, y_pred: Any) -> Any:
    """Sum of cross-entropy and soft Dice: (b, h, w, 1) twice -> (b,).

    Cross-entropy alone ignores ships (0.5 % of the pixels), Dice alone gives no slope on empty pictures.
    """
    return bce_loss(y_true, y_pred) + dice_loss(y_true, y_pred)


def presence(
    y_true: Any, y_pred: Any, positive_weight: float = 4.0, gamma: float = 1.0, picture_weight: float = 0.25
) -> Any:
    """Detector loss on the presence grid and its maximum: (b, rows, cols, 1) twice -> (b,).

    Focal cross-entropy (Lin et al., "Focal Loss for Dense Object Detection", 2017) summed over the cells and divided
    by 8 + the number of ship cells, so that one tanker does not outweigh twenty yachts, plus cross-entropy of the
    picture score, which is the strongest cell: that term finds the single rock which raises a false alarm in an empty
    picture. Truth 0.5 marks cells to ignore.
    """
    y_true = ops.cast(y_true, y_pred.dtype)
    counted = ops.cast(ops.abs(y_true - IGNORE) > 0.25, y_pred.dtype)
    error = ops.abs(y_true - y_pred) ** gamma
    weight = counted * (1 + (positive_weight - 1) * y_true)
    cells = 8 + ops.sum(counted * y_true, axis=(1, 2, 3))
    grid = ops.sum(weight * error * _cross_entropy(y_true, y_pred), axis=(1, 2, 3)) / cells
    picture_true = ops.cast(ops.max(y_true, axis=(1, 2, 3)) > 0, y_pred.dtype)
    return grid + picture_weight * _cross_entropy(picture_true, ops.max(y_pred, axis=(1, 2, 3)))


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "bce": bce_loss,
    "dice": dice_loss,
    "bce_dice": bce_dice,
    "presence": presence,
}

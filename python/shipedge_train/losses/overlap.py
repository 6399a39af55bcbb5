"""Losses that compare areas: how much of truth T and prediction P overlaps.

All add a smoothing term s = 1 pixel above and below the line, which makes an empty truth with an empty prediction a
perfect 0 instead of 0 / 0 and leaves a slope on empty images; keras.losses.Dice answers 1 there, and sums over the
whole batch.
"""

from __future__ import annotations

from typing import Any

from keras import ops

from shipedge_train.losses._pixels import PIXELS, as_float32

_SMALL = 1e-6  # added before a root, whose slope at 0 is infinite


def dice_loss(y_true: Any, y_pred: Any, smooth: float = 1.0) -> Any:
    """Soft Dice loss 1 - (2 |T P| + s) / (|T| + |P| + s), per image: (b, h, w, 1) twice -> (b,).

    Source: Milletari, Navab, Ahmadi, "V-Net", 2016, with sums instead of squares.
    """
    truth, prediction = as_float32(y_true, y_pred)
    overlap = ops.sum(truth * prediction, axis=PIXELS)
    return 1 - (2 * overlap + smooth) / (ops.sum(truth + prediction, axis=PIXELS) + smooth)


def log_cosh_dice_loss(y_true: Any, y_pred: Any) -> Any:
    """log(cosh(Dice loss)), which flattens out towards the optimum: (b, h, w, 1) twice -> (b,).

    Source: Jadon, "A survey of loss functions for semantic segmentation", 2020.
    """
    return ops.log(ops.cosh(dice_loss(y_true, y_pred)))


def tversky_loss(y_true: Any, y_pred: Any, alpha: float = 0.3, beta: float = 0.7, smooth: float = 1.0) -> Any:
    """1 - (TP + s) / (TP + alpha FP + beta FN + s): (b, h, w, 1) twice -> (b,).

    alpha is the price of a false ship pixel, beta of a missed one; one half each is Dice, one each is Jaccard. Source:
    Salehi, Erdogmus, Gholipour, "Tversky loss function for image segmentation using 3D fully convolutional deep
    networks", 2017, with its best alpha and beta.
    """
    truth, prediction = as_float32(y_true, y_pred)
    hits = ops.sum(truth * prediction, axis=PIXELS)
    false = ops.sum((1 - truth) * prediction, axis=PIXELS)
    missed = ops.sum(truth * (1 - prediction), axis=PIXELS)
    return 1 - (hits + smooth) / (hits + alpha * false + beta * missed + smooth)


def focal_tversky_loss(y_true: Any, y_pred: Any, gamma: float = 4 / 3) -> Any:
    """(Tversky loss) ^ (1 / gamma), steeper near the optimum: (b, h, w, 1) twice -> (b,).

    Source: Abraham, Khan, "A novel focal Tversky loss function with improved attention U-Net for lesion segmentation",
    2018, with its gamma. The power is taken from 1e-6 above zero, for its slope at 0 is infinite.
    """
    return (tversky_loss(y_true, y_pred) + _SMALL) ** (1 / gamma) - _SMALL ** (1 / gamma)


def jaccard_loss(y_true: Any, y_pred: Any, smooth: float = 1.0) -> Any:
    """Soft IoU loss 1 - (|T P| + s) / (|T| + |P| - |T P| + s): (b, h, w, 1) twice -> (b,).

    Source: Rahman, Wang, "Optimizing intersection-over-union in deep neural networks for image segmentation", 2016.
    """
    return tversky_loss(y_true, y_pred, alpha=1.0, beta=1.0, smooth=smooth)

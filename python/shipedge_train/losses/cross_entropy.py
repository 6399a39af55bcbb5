"""Losses that judge every pixel by itself."""

from __future__ import annotations

from typing import Any

from keras import ops

from shipedge_train.losses._pixels import PIXELS, as_float32, inside_0_1


def cross_entropy(y_true: Any, y_pred: Any) -> Any:
    """-(t log p + (1 - t) log(1 - p)) of every element, any shape, float32."""
    (y_true,), y_pred = as_float32(y_true), inside_0_1(y_pred)
    return -(y_true * ops.log(y_pred) + (1 - y_true) * ops.log(1 - y_pred))


def bce_loss(y_true: Any, y_pred: Any) -> Any:
    """Binary cross-entropy -(t log p + (1 - t) log(1 - p)), mean over pixels: (b, h, w, 1) twice -> (b,)."""
    return ops.mean(cross_entropy(y_true, y_pred), axis=PIXELS)


def weighted_bce_loss(y_true: Any, y_pred: Any, positive_weight: float = 10.0) -> Any:
    """Cross-entropy in which a ship pixel counts k times: (b, h, w, 1) twice -> (b,).

    Mean over pixels of -(k t log p + (1 - t) log(1 - p)). Probabilities become too high by design, the odds k-fold.
    Source: Jadon, "A survey of loss functions for semantic segmentation", 2020.
    """
    (truth,) = as_float32(y_true)
    return ops.mean((1 + (positive_weight - 1) * truth) * cross_entropy(truth, y_pred), axis=PIXELS)


def balanced_bce_loss(y_true: Any, y_pred: Any) -> Any:
    """Mean of two means, cross-entropy of the ship pixels and of the others: (b, h, w, 1) twice -> (b,).

    Source: Xie, Tu, "Holistically-nested edge detection", 2015, which weighs ships by the share of the sea and the sea
    by the share r of ships; that is this, times 2 r (1 - r). We leave that factor out because it is 0 on an empty
    image, which would teach nothing; there the one mean that exists is the loss.
    """
    (truth,) = as_float32(y_true)
    error = cross_entropy(truth, y_pred)
    means, present = [], []
    for members in (truth, 1 - truth):
        count = ops.sum(members, axis=PIXELS)
        means.append(ops.sum(members * error, axis=PIXELS) / ops.maximum(count, 1.0))
        present.append(ops.cast(count > 0, "float32"))
    return (means[0] + means[1]) / (present[0] + present[1])


def focal_loss(y_true: Any, y_pred: Any, alpha: float = 0.25, gamma: float = 2.0) -> Any:
    """Cross-entropy that forgets what is right already: (b, h, w, 1) twice -> (b,).

    Mean over pixels of -a |t - p|^gamma log(p of the true class), a = alpha on ships and 1 - alpha elsewhere; gamma is
    at least 1. Source: Lin, Goyal, Girshick, He, Dollar, "Focal loss for dense object detection", 2017, with its alpha
    and gamma, and a mean over pixels in place of the number of matched anchors.
    """
    truth, prediction = as_float32(y_true, y_pred)
    weight = (1 - alpha) + (2 * alpha - 1) * truth
    error = ops.abs(truth - prediction) ** gamma
    return ops.mean(weight * error * cross_entropy(truth, y_pred), axis=PIXELS)

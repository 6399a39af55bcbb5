"""Lovasz hinge: the convex stand-in for IoU of thresholded pixels."""

from __future__ import annotations

from typing import Any

from keras import ops

from shipedge_train.losses._pixels import as_float32, inside_0_1


def lovasz_hinge_loss(y_true: Any, y_pred: Any) -> Any:
    """Lovasz extension of the Jaccard loss at the hinge errors: (b, h, w, 1) twice -> (b,).

    Hinge error m = max(0, 1 - (2 t - 1) z) of each pixel, with the logit z = log(p / (1 - p)) recovered from the
    probability. Pixels are sorted by falling m; the loss is the sum of m_i (J_i - J_{i-1}), where J_i is the Jaccard
    loss when the first i pixels are wrong and all others right. On an empty truth that is the largest m alone. Not
    bounded by 1. Source: Berman, Triki, Blaschko, "The Lovasz-Softmax loss", 2018.
    """
    (truth,), probability = as_float32(y_true), inside_0_1(y_pred)
    shape = (ops.shape(truth)[0], -1)
    truth, probability = ops.reshape(truth, shape), ops.reshape(probability, shape)
    logits = ops.log(probability) - ops.log(1 - probability)
    error = ops.relu(1 - (2 * truth - 1) * logits)
    order = ops.argsort(-error, axis=1)
    error, truth = ops.take_along_axis(error, order, axis=1), ops.take_along_axis(truth, order, axis=1)
    ships = ops.sum(truth, axis=1, keepdims=True)
    left = ships - ops.cumsum(truth, axis=1)  # ship pixels that are still right
    union = ships + ops.cumsum(1 - truth, axis=1)
    jaccard = 1 - left / ops.maximum(union, 1.0)
    step = ops.concatenate([jaccard[:, :1], jaccard[:, 1:] - jaccard[:, :-1]], axis=1)
    return ops.sum(error * step, axis=1)

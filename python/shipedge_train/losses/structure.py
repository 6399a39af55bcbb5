"""Losses that look at the neighbourhood of a pixel: likeness of windows, distance from the border."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from shipedge_train.losses._pixels import PIXELS, as_float32

_WINDOW = np.exp(-(np.arange(-5.0, 6.0) ** 2) / (2 * 1.5**2)).astype(np.float32)  # 11 px, sigma 1.5 px
_C1, _C2 = 0.01**2, 0.03**2


def ssim_loss(y_true: Any, y_pred: Any) -> Any:
    """1 - mean structural similarity of truth and prediction as two grey images: (b, h, w, 1) twice -> (b,).

    SSIM = (2 m n + C1) (2 c + C2) / ((m^2 + n^2 + C1) (v + w + C2)) with the means m, n, variances v, w and covariance
    c under an 11x11 Gaussian window, sigma 1.5 px; C1 = 0.01^2, C2 = 0.03^2. A window that reaches over the edge of the
    image is cut there and weighs what is left. On an empty image there is little slope above p = 0.05. Source:
    Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment", 2004; as a loss: Qin et al., "BASNet", 2019.
    """
    truth, prediction = as_float32(y_true, y_pred)
    maps = ops.concatenate([truth, prediction, truth * truth, prediction * prediction, truth * prediction], axis=0)
    m, n, tt, pp, tp = ops.split(_blur(maps) / _blur(ops.ones_like(truth[:1])), 5, axis=0)
    means = (2 * m * n + _C1) / (m * m + n * n + _C1)
    spread = (2 * (tp - m * n) + _C2) / (tt - m * m + pp - n * n + _C2)
    return 1 - ops.mean(means * spread, axis=PIXELS)


def _blur(x: Any) -> Any:
    for shape in ((11, 1, 1, 1), (1, 11, 1, 1)):
        kernel = ops.convert_to_tensor(_WINDOW.reshape(shape))
        x = ops.conv(x, kernel, padding="same", data_format="channels_last")
    return x


def boundary_loss(y_true: Any, y_pred: Any, radius: int = 8) -> Any:
    """Mean of f (p - t), f the signed distance from the border of the truth: (b, h, w, 1) twice -> (b,).

    f is -1 / radius in the ship pixels at the border and 1 / radius in the sea pixels there, falls and rises by as much
    with each further pixel, and is held at -1 and 1 from `radius` px on; in an empty image it is 1 everywhere.
    Distances are chessboard ones, counted by growing ships and sea a pixel at a time; truth must be 0 or 1. Source:
    Kervadec et al., "Boundary loss for highly unbalanced segmentation", 2019, which has exact distances without a
    limit and none at all in empty images, and drops the constant f t, thanks to which a perfect mask scores 0 here.
    Meant as a part of a sum.
    """
    truth, prediction = as_float32(y_true, y_pred)
    return ops.mean(_signed_distance(truth, radius) * (prediction - truth), axis=PIXELS)


def _signed_distance(truth: Any, radius: int) -> Any:
    grown = ops.concatenate([truth, 1 - truth], axis=3)
    distance = grown[..., 1:] - grown[..., :1]
    for _ in range(radius - 1):
        grown = ops.max_pool(grown, 3, 1, padding="same", data_format="channels_last")
        distance = distance + grown[..., 1:] - grown[..., :1]
    return ops.stop_gradient(distance / radius)

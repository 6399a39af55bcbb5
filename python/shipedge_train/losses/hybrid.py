"""Sums of losses, each part making up for what another lacks."""

from __future__ import annotations

from typing import Any

from shipedge_train.losses.cross_entropy import bce_loss, focal_loss
from shipedge_train.losses.overlap import dice_loss, jaccard_loss
from shipedge_train.losses.structure import boundary_loss, ssim_loss


def bce_dice(y_true: Any, y_pred: Any) -> Any:
    """Cross-entropy + Dice: (b, h, w, 1) twice -> (b,).

    Cross-entropy alone ignores ships (0.5 % of the pixels), Dice alone gives little slope on empty images. Source:
    Isensee et al., "nnU-Net", 2018.
    """
    return bce_loss(y_true, y_pred) + dice_loss(y_true, y_pred)


def dice_p_bce(y_true: Any, y_pred: Any, alpha: float = 1e-3) -> Any:
    """Little cross-entropy minus the Dice coefficient, -1 at best: (b, h, w, 1) twice -> (b,).

    alpha * bce - (2 |T P| + 1) / (|T| + |P| + 1). Source: the public U-Net recipes of the Airbus ship detection
    challenge on Kaggle, 2018.
    """
    return alpha * bce_loss(y_true, y_pred) - (1 - dice_loss(y_true, y_pred))


def dice_boundary(y_true: Any, y_pred: Any) -> Any:
    """Dice + boundary, in equal parts: (b, h, w, 1) twice -> (b,).

    Source: Kervadec et al., "Boundary loss for highly unbalanced segmentation", 2019, which raises the share of the
    boundary part during training; here it is fixed.
    """
    return dice_loss(y_true, y_pred) + boundary_loss(y_true, y_pred)


def unet3plus(y_true: Any, y_pred: Any) -> Any:
    """Focal + SSIM + Jaccard, pixel, window and image: (b, h, w, 1) twice -> (b,).

    Source: Huang et al., "UNet 3+", 2020, whose SSIM spans five scales and needs images of 176 px; this one has one.
    """
    return focal_loss(y_true, y_pred) + ssim_loss(y_true, y_pred) + jaccard_loss(y_true, y_pred)


def basnet(y_true: Any, y_pred: Any) -> Any:
    """Cross-entropy + SSIM + Jaccard, pixel, window and image: (b, h, w, 1) twice -> (b,).

    Source: Qin et al., "BASNet: boundary-aware salient object detection", 2019.
    """
    return bce_loss(y_true, y_pred) + ssim_loss(y_true, y_pred) + jaccard_loss(y_true, y_pred)

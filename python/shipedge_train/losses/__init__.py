"""Loss functions: pure ``keras.ops``, one value per image, finite in value and slope on any mask.

Every function maps ``(y_true, y_pred)`` of shape (batch, height, width, 1), with probabilities in ``y_pred`` and truth
0..1 of any type, to a float32 tensor of shape (batch,), lowest where the prediction equals the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shipedge.errors import ConfigError
from shipedge_train.losses.cross_entropy import balanced_bce_loss, bce_loss, focal_loss, weighted_bce_loss
from shipedge_train.losses.grid import presence
from shipedge_train.losses.hybrid import basnet, bce_dice, dice_boundary, dice_p_bce, unet3plus
from shipedge_train.losses.lovasz import lovasz_hinge_loss
from shipedge_train.losses.overlap import (
    dice_loss,
    focal_tversky_loss,
    jaccard_loss,
    log_cosh_dice_loss,
    tversky_loss,
)
from shipedge_train.losses.structure import boundary_loss, ssim_loss

__all__ = ["LOSSES", "loss_named"]

LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "bce": bce_loss,
    "dice": dice_loss,
    "bce_dice": bce_dice,
    "dice_p_bce": dice_p_bce,
    "balanced_bce": balanced_bce_loss,
    "weighted_bce": weighted_bce_loss,
    "focal": focal_loss,
    "jaccard": jaccard_loss,
    "tversky": tversky_loss,
    "focal_tversky": focal_tversky_loss,
    "log_cosh_dice": log_cosh_dice_loss,
    "lovasz_hinge": lovasz_hinge_loss,
    "ssim": ssim_loss,
    "boundary": boundary_loss,
    "dice_boundary": dice_boundary,
    "unet3plus": unet3plus,
    "basnet": basnet,
    "presence": presence,
}


def loss_named(name: str) -> Callable[[Any, Any], Any]:
    """The loss that `train.loss` names.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in LOSSES:
        raise ConfigError(f"train.loss is {name!r}; known are {', '.join(LOSSES)}")
    return LOSSES[name]

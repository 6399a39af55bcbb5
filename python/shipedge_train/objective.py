"""What each kind of network is asked for: its outputs by name, the truth of each, and the loss that compares them."""

from __future__ import annotations

from typing import Any

import keras
from numpy.typing import NDArray

from shipedge.errors import ConfigError
from shipedge_train.config import TrainConfig
from shipedge_train.losses import LOSSES
from shipedge_train.losses.grid import presence_of_mask

OUTPUTS = {
    "detector": ("presence",),
    "segmenter": ("probability",),
    "cascade": ("presence", "probability"),
    "refiner": ("rectangle",),
}
"""Outputs of each kind of network, by name."""


def losses_of(kind: str, train: TrainConfig) -> dict[str, Any]:
    """Arguments of `keras.Model.compile` for a kind of network; `train.loss` is that of the mask or the one output.

    A refiner has Huber's loss: its labels were drawn by hand, and some are far off.

    Raises:
        ConfigError: unknown loss.
    """
    name = train.loss
    if kind == "refiner":
        return {"loss": keras.losses.Huber(delta=0.07)}
    if name not in LOSSES:
        raise ConfigError(f"train.loss is {name!r}; known are {', '.join(LOSSES)}")
    if len(OUTPUTS[kind]) == 1:
        return {"loss": LOSSES[name]}
    return {
        "loss": {"presence": presence_of_mask, "probability": LOSSES[name]},
        "loss_weights": {"presence": train.presence_share, "probability": 1.0},
    }


def truth_of(kind: str, truth: NDArray[Any]) -> Any:
    """What `train_on_batch` takes: the loader's truth, once for each output where there are several."""
    names = OUTPUTS[kind]
    return truth if len(names) == 1 else dict.fromkeys(names, truth)


def outputs_of(kind: str, found: Any) -> dict[str, Any]:
    """What `predict_on_batch` gave, by name."""
    names = OUTPUTS[kind]
    return {names[0]: found} if len(names) == 1 else found

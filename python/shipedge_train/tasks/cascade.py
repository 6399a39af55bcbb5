"""The task "cascade": detector and segmenter with one encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge_train.config import Config, ModelConfig, TrainConfig
from shipedge_train.dataset import Image
from shipedge_train.loader import Loader, presence_grid
from shipedge_train.losses import loss_named
from shipedge_train.losses.grid import presence_of_mask
from shipedge_train.networks.unet import cascade
from shipedge_train.tasks.contract import Values
from shipedge_train.tasks.detector import cells
from shipedge_train.tasks.scenes import SceneTask, predict, widths_of
from shipedge_train.tasks.scores import score_detector, score_segmenter
from shipedge_train.tasks.segmenter import pixels_of


class Cascade(SceneTask):
    """Both outputs; see `Task`."""

    name = "cascade"
    models: tuple[str, ...] = ("detector", "segmenter")
    replaces: str | None = "segmenter"  # few images teach the segmenter alone (ADR 14)
    starts_from = frozenset({"segmenter", "cascade"})

    def network(self, model: ModelConfig, size: int | None = None) -> keras.Model:
        """A U-Net with a presence head."""
        return cascade(size, encoder=model.encoder, **widths_of(model))

    def losses(self, train: TrainConfig) -> dict[str, Any]:
        """The loss of the configuration for the mask; the grid has one of its own, made from the same mask."""
        return {
            "loss": {"presence": presence_of_mask, "probability": loss_named(train.loss)},
            "loss_weights": {"presence": train.presence_share, "probability": 1.0},
        }

    def loader(self, images: Sequence[Image], config: Config) -> Loader:
        """Crops with their masks."""
        return Loader(images, config.data, config.augment, config.train.seed)

    def truth(self, batch: NDArray[np.float32]) -> Any:
        """The masks, for both outputs."""
        return {"presence": batch, "probability": batch}

    def score(self, network: keras.Model, images: Sequence[Image]) -> dict[str, float]:
        """The scores of both; `score` is the mean of their two."""
        grids: list[Values] = []
        probabilities: list[Values] = []
        truths: list[NDArray[np.uint8]] = []
        for outputs, masks in predict(network, images):
            grids += cells(outputs["presence"])
            probabilities += pixels_of(outputs["probability"])
            truths += list(masks)
        detector = score_detector(grids, [presence_grid(mask) for mask in truths])
        segmenter = score_segmenter(probabilities, truths)
        return detector | segmenter | {"score": (detector["score"] + segmenter["score"]) / 2}

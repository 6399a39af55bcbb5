"""The task "detector": is there a ship in each cell of 32x32 px?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.metrics import roc_auc
from shipedge_train.config import Config, ModelConfig
from shipedge_train.dataset import SHAPE, Image
from shipedge_train.loader import Loader, presence_grid
from shipedge_train.networks.detector import detector
from shipedge_train.networks.two_scale import from_afar
from shipedge_train.tasks.contract import Fixed, Tile, Values, Whole
from shipedge_train.tasks.scenes import SceneTask, check_slim, cut_tiles, only_output, predict, widths_of
from shipedge_train.tasks.scores import HARDLY, score_detector


class Detector(SceneTask):
    """The presence grid; see `Task` and `BundleModel`."""

    name = "detector"
    models: tuple[str, ...] = ("detector",)
    replaces: str | None = None
    starts_from = frozenset({"detector"})

    def network(self, model: ModelConfig, size: int | None = None) -> keras.Model:
        """A network of its own."""
        check_slim(self.name, model)
        return detector(size, **widths_of(model))

    def loader(self, images: Sequence[Image], config: Config) -> Loader:
        """Crops with their presence grids."""
        return Loader(images, config.data, config.augment, config.train.seed, presence_grid)

    def score(self, network: keras.Model, images: Sequence[Image]) -> dict[str, float]:
        """See `score_detector`."""
        grids: list[Values] = []
        truths: list[NDArray[np.float32]] = []
        for presence, masks in predict(network, images):
            grids += cells(presence)
            truths += [presence_grid(mask) for mask in masks]
        return score_detector(grids, truths)

    def fixed(self, whole: Whole, reduce: int, window: int) -> Fixed:
        """It sees whole tiles of a frame, whatever the segmenter's window is."""
        side = SHAPE[0]
        if reduce > 1:
            network = whole(None)
            return Fixed(network, from_afar(network, side, reduce), reduce)
        network = whole(side)
        return Fixed(network, only_output(network, "presence", self.name))

    def tiles(self, fixed: Fixed, images: Sequence[Image], count: int, seed: tuple[int, ...]) -> list[Tile]:
        """With the cells that count as positive."""
        side = fixed.model.input_shape[1] * fixed.reduce
        cut = cut_tiles(images, count, side, fixed.reduce, seed)
        return [Tile(pixels, presence_grid(mask) == 1) for pixels, mask in cut]

    def figures(self, ours: Sequence[Values], theirs: Sequence[Values], truths: Sequence[Any]) -> dict[str, Any]:
        """ROC AUC of the highest cell; agreement is the share of the cells on the same side of 0.5."""
        with_ships = np.array([truth.any() for truth in truths])
        a, b = np.stack(list(ours)), np.stack(list(theirs))
        before, after = (roc_auc(with_ships, grids.max(axis=(1, 2)).astype(np.float64)) for grids in (a, b))
        same = float(((a >= 0.5) == (b >= 0.5)).mean())
        if np.isnan(before):  # all tiles show ships, or none
            return {"drop": 0.0, "agreement": same}
        scores = {"image_auc_keras": before, "image_auc_converted": after}
        return scores | {"drop": before - after, "agreement": same, "chance": _chance(a.max(axis=(1, 2)), with_ships)}


def _chance(scores: NDArray[np.floating], with_ships: NDArray[np.bool_]) -> float:
    """A drop of ROC AUC that means nothing: pairs of images whose scores 8 bits hardly tell apart, and one more.

    Of few images one pair in the other order is more than a drop that is allowed otherwise. A network that has hardly
    learned gives all of them nearly the same score.
    """
    gaps = np.abs(scores[with_ships][:, np.newaxis] - scores[~with_ships])
    return float(((gaps < HARDLY).sum() + 1.5) / gaps.size)


def cells(presence: Any) -> list[Values]:
    """One grid per image: (b, h, w, 1) -> b of (h, w)."""
    return list(np.asarray(presence)[..., 0])

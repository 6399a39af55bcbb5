"""The task "segmenter": which pixels are ship?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ConfigError
from shipedge_train.config import Config, ModelConfig
from shipedge_train.dataset import SHAPE, Image
from shipedge_train.loader import Loader
from shipedge_train.networks.two_scale import near_and_far
from shipedge_train.networks.unet import segmenter
from shipedge_train.tasks.contract import Fixed, Tile, Values, Whole
from shipedge_train.tasks.scenes import SceneTask, cut_tiles, only_output, predict, widths_of
from shipedge_train.tasks.scores import HARDLY, LEARNED, dice_at, score_segmenter


class Segmenter(SceneTask):
    """The probability of every pixel; see `Task` and `BundleModel`."""

    name = "segmenter"
    models: tuple[str, ...] = ("segmenter",)
    replaces: str | None = "segmenter"
    starts_from = frozenset({"segmenter", "cascade"})

    def network(self, model: ModelConfig, size: int | None = None) -> keras.Model:
        """A U-Net."""
        return segmenter(size, encoder=model.encoder, **widths_of(model))

    def loader(self, images: Sequence[Image], config: Config) -> Loader:
        """Crops with their masks."""
        return Loader(images, config.data, config.augment, config.train.seed)

    def score(self, network: keras.Model, images: Sequence[Image]) -> dict[str, float]:
        """See `score_segmenter`."""
        probabilities: list[Values] = []
        truths: list[NDArray[np.uint8]] = []
        for probability, masks in predict(network, images):
            probabilities += pixels_of(probability)
            truths += list(masks)
        return score_segmenter(probabilities, truths)

    def fixed(self, whole: Whole, reduce: int, window: int) -> Fixed:
        """It sees windows of a frame."""
        if reduce > 1:
            network = whole(None)
            return Fixed(network, near_and_far(network, window, reduce))
        network = whole(window)
        return Fixed(network, only_output(network, "probability", self.name))

    def tiles(self, fixed: Fixed, images: Sequence[Image], count: int, seed: tuple[int, ...]) -> list[Tile]:
        """With their masks."""
        cut = cut_tiles(images, count, fixed.model.input_shape[1], 1, seed)
        return [Tile(pixels, mask) for pixels, mask in cut]

    def figures(self, ours: Sequence[Values], theirs: Sequence[Values], truths: Sequence[Any]) -> dict[str, Any]:
        """Mean Dice at 0.5 of the tiles with ships; agreement is the Dice of both masks of all tiles together.

        A pixel that 8 bits hardly tell from 0.5 counts as equal. Masks of a network that has hardly learned are stray
        pixels, of which a few more or less say nothing: of such a one the agreement is the share of equal pixels.
        """
        ships = [k for k, truth in enumerate(truths) if truth.any()]
        before, after = (
            float(np.mean([dice_at(masks[k], truths[k]) for k in ships])) if ships else 0.0 for masks in (ours, theirs)
        )
        a, b = np.stack(list(ours)), np.stack(list(theirs))
        unsure = (np.abs(a - 0.5) < HARDLY) & (np.abs(a - b) < 2 * HARDLY)
        answer = np.where(unsure, a, b)
        if before < LEARNED:
            mutual = float(((answer >= 0.5) == (a >= 0.5)).mean())
        else:
            mutual = dice_at(answer, (a >= 0.5).astype(np.uint8))
        return {"dice_keras": before, "dice_converted": after, "drop": before - after, "agreement": mutual}


def pixels_of(probability: Any) -> list[Values]:
    """One map per image: (b, h, w, 1) -> b of (h, w).

    Half a gigabyte per hundred images in float32; a thousandth is fine enough to score.
    """
    return list(np.asarray(probability)[..., 0].astype(np.float16))


def check_window(window: int, model: ModelConfig) -> None:
    """Raises ConfigError where the network cannot see windows of that side."""
    step = 64 * model.reduce
    if window % step or not 192 <= window <= SHAPE[0]:
        raise ConfigError(f"window is {window}, expected a multiple of {step} from 192 to {SHAPE[0]}")

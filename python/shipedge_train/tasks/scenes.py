"""What detector, segmenter and cascade have in common: they see scenes, or whole images of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge._core import halve
from shipedge.errors import ConfigError
from shipedge_train.config import ModelConfig, TrainConfig
from shipedge_train.dataset import SHAPE, Image, pick_evenly
from shipedge_train.loader import whole_images
from shipedge_train.losses import loss_named

HARDEST = 10.0
"""Weight of an image without ships in which the network is sure of one; one that it leaves empty has 1."""


class SceneTask:
    """A network with one output that sees scenes."""

    def losses(self, train: TrainConfig) -> dict[str, Any]:
        """The loss of the configuration."""
        return {"loss": loss_named(train.loss)}

    def truth(self, batch: NDArray[np.float32]) -> Any:
        """As it is."""
        return batch

    def hardness(self, network: keras.Model, images: Sequence[Image]) -> dict[str, float]:
        """1..HARDEST, linear in the highest probability that the network gives any cell or pixel."""
        highest: list[float] = []
        for outputs, masks in predict(network, images):
            each = outputs.values() if isinstance(outputs, dict) else [outputs]
            highest += np.max([np.asarray(one).reshape(len(masks), -1).max(axis=1) for one in each], axis=0).tolist()
        return {p.path.name: 1 + (HARDEST - 1) * value for p, value in zip(images, highest, strict=True)}

    def own_scores(self, network: keras.Model, images: Sequence[Image], count: int) -> dict[str, float]:
        """None: the search for thresholds scores the whole cascade."""
        return {}


def predict(network: keras.Model, images: Sequence[Image]) -> Iterator[tuple[Any, NDArray[np.uint8]]]:
    """Whole images in batches: what `predict_on_batch` gives, and the masks (b, 768, 768)."""
    for pixels, masks in whole_images(images):
        yield network.predict_on_batch(pixels), masks


def widths_of(model: ModelConfig) -> dict[str, Any]:
    """Arguments of a network; without widths in the configuration it takes its own."""
    return {"widths": model.widths} if model.widths else {}


def check_slim(name: str, model: ModelConfig) -> None:
    """Raises ConfigError where another encoder is asked of a network that has but one."""
    if model.encoder != "slim":
        raise ConfigError(f"a {name} of its own has no {model.encoder}: train a cascade")


def only_output(network: keras.Model, output: str, name: str) -> keras.Model:
    """The part of a network that makes one of its outputs; a network with one output as it is."""
    return keras.Model(network.inputs, network.output[output], name=name) if len(network.outputs) > 1 else network


def cut_tiles(
    images: Sequence[Image], count: int, side: int, reduce: int, seed: tuple[int, ...]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """One tile of each of at most `count` images, two thirds of them with ships.

    Args:
        images: to choose from.
        count: tiles at most.
        side: of a tile in the image, pixels.
        reduce: how many times smaller the model sees it, 1 or 2.
        seed: another one, other tiles.

    Yields:
        Pixels (side/reduce, side/reduce, 3), around a ship pixel where the image has ships; mask (side, side).
    """
    rng = np.random.default_rng((*seed, side))
    ships, empty = [p for p in images if p.ships], [p for p in images if not p.ships]
    for image in pick_evenly(ships, count * 2 // 3) + pick_evenly(empty, count // 3):
        pixels, mask = image.pixels(), image.mask()
        ys, xs = np.nonzero(mask) if mask.any() else (np.array([SHAPE[0] // 2]), np.array([SHAPE[1] // 2]))
        k = rng.integers(len(ys))
        top, left = (int(np.clip(v - side // 2, 0, SHAPE[0] - side)) for v in (ys[k], xs[k]))
        window = (slice(top, top + side), slice(left, left + side))
        yield halve(pixels[window]) if reduce == 2 else pixels[window], mask[window]

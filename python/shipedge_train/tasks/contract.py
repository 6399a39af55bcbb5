"""What a task is: all that differs between the networks that can be trained, and between the models of a bundle."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge_train.config import Config, ModelConfig, TrainConfig
from shipedge_train.dataset import Image
from shipedge_train.loader import Batch

Values = NDArray[np.floating]
Whole = Callable[[int | None], keras.Model]
"""Builds a trained network for scenes of a side in pixels, None for any."""


class Batches(Protocol):
    """Where training batches come from."""

    def weigh(self, weights: Mapping[str, float]) -> None:
        """Draw by other weights, by file name, from the next call of `batches` on."""

    def batches(self, first_step: int = 0, places: range | None = None) -> Generator[Batch, None, None]:
        """Endless batches from `first_step` on; the same for any number of threads.

        Args:
            first_step: where to begin.
            places: those of each batch to make, see `places_of`; None makes all.
        """


class Task(Protocol):
    """Something that can be trained.

    Attributes:
        name: in commands and run folders.
        models: the models of a bundle that conversion makes of it, see `MODELS`; the manifest names its weights with
            the last of them.
        replaces: the model that its run replaces in a bundle; None where it replaces none.
        starts_from: names of the tasks whose weights a run may start from, by layers of the same name.
    """

    name: str
    models: tuple[str, ...]
    replaces: str | None
    starts_from: frozenset[str]

    def network(self, model: ModelConfig, size: int | None = None) -> keras.Model:
        """Build the network, for scenes of a side in pixels; None leaves the side open.

        Raises:
            ConfigError: there is no such network.
        """

    def losses(self, train: TrainConfig) -> dict[str, Any]:
        """Arguments of `keras.Model.compile`: losses and their weights.

        Raises:
            ConfigError: unknown loss.
        """

    def loader(self, images: Sequence[Image], config: Config) -> Batches:
        """What makes the batches.

        Raises:
            DatasetError: nothing to learn from.
        """

    def truth(self, batch: NDArray[np.float32]) -> Any:
        """What `train_on_batch` takes: the loader's truth, once for each output where there are several."""

    def score(self, network: keras.Model, images: Sequence[Image]) -> dict[str, float]:
        """Score images; `score`, the first, is what the best weights are chosen by."""

    def hardness(self, network: keras.Model, images: Sequence[Image]) -> dict[str, float]:
        """How much likelier each of these images without ships should be drawn, by file name, from 1 up."""


class Tile(NamedTuple):
    """What a model sees, and the truth: cells or pixels with ships; of a refiner the rectangle and its label."""

    pixels: NDArray[np.uint8]
    truth: Any


@dataclass(frozen=True)
class Fixed:
    """A network as a model of a bundle.

    Attributes:
        network: the whole network.
        model: what of it makes the model, of a fixed size.
        reduce: pixels of an image along each side of a pixel of the input.
    """

    network: keras.Model
    model: keras.Model
    reduce: int = 1


class BundleModel(Protocol):
    """A model of a bundle, which conversion makes of a trained network.

    Attributes:
        name: in the manifest.
    """

    name: str

    def fixed(self, whole: Whole, reduce: int, window: int) -> Fixed:
        """The model of a fixed size.

        Args:
            whole: builds the trained network.
            reduce: `model.reduce` of its configuration.
            window: side of the segmenter's window, pixels.
        """

    def tiles(self, fixed: Fixed, images: Sequence[Image], count: int, seed: tuple[int, ...]) -> list[Tile]:
        """What the model sees of at most `count` images, two thirds with ships; the same for the same seed."""

    def figures(self, ours: Sequence[Values], theirs: Sequence[Values], truths: Sequence[Any]) -> dict[str, Any]:
        """Compare a converted file with Keras.

        Args:
            ours: what Keras says of each tile,
            theirs: what the file says, both 0..1.
            truths: of the tiles.

        Returns:
            `agreement`; the scores of both, and their difference `drop`; `chance`, a drop that means nothing, where
            there is one.
        """

    def own_scores(self, network: keras.Model, images: Sequence[Image], count: int) -> dict[str, float]:
        """Scores for the manifest on `count` images; none where the search for thresholds gives them."""

"""The task "refiner": by how much is a ship's rectangle off?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from shipedge.bundle import NUMBERS, PATCH
from shipedge.cascade.refine import corrected
from shipedge_train.config import Config, ModelConfig, TrainConfig
from shipedge_train.dataset import Image, pick_evenly
from shipedge_train.loader import PatchLoader, overlap, patches_of
from shipedge_train.networks.refiner import refiner
from shipedge_train.tasks.contract import Fixed, Tile, Values, Whole
from shipedge_train.tasks.scenes import check_slim, widths_of

_EACH = 2  # rectangles gone astray per ship, where a refiner is scored
_AT_ONCE = 64  # patches


class Refiner:
    """The correction of a rectangle; see `Task` and `BundleModel`. It sees patches around ships, of one size."""

    name = "refiner"
    models: tuple[str, ...] = ("refiner",)
    replaces: str | None = "refiner"
    starts_from = frozenset({"refiner"})

    def network(self, model: ModelConfig, size: int | None = None) -> keras.Model:
        """The same for scenes of any size."""
        check_slim(self.name, model)
        return refiner(**widths_of(model))

    def losses(self, train: TrainConfig) -> dict[str, Any]:
        """Huber's, whatever the configuration says: labels were drawn by hand, and some are far off."""
        return {"loss": keras.losses.Huber(delta=0.07)}

    def loader(self, images: Sequence[Image], config: Config) -> PatchLoader:
        """Patches with the way back to the label."""
        return PatchLoader(images, config.data, config.augment, config.train.seed)

    def truth(self, batch: NDArray[np.float32]) -> Any:
        """As it is."""
        return batch

    def score(self, network: keras.Model, images: Sequence[Image]) -> dict[str, float]:
        """Mean intersection over union with the label that rectangles have, `iou_before` and `iou`."""
        patches = list(patches_of(images, _EACH))
        if not patches:
            return {"score": float("nan"), "iou_before": float("nan"), "iou": float("nan")}
        pixels = np.stack([patch for patch, _, _ in patches])
        # Not `predict`: it divides every batch among the devices, and the last one has any size.
        parts = [network.predict_on_batch(pixels[i : i + _AT_ONCE]) for i in range(0, len(pixels), _AT_ONCE)]
        numbers = np.concatenate(parts)[:, 0, :, 0]
        before = [overlap(rectangle, label) for _, rectangle, label in patches]
        after = [
            overlap(corrected(rectangle, one), label)
            for (_, rectangle, label), one in zip(patches, numbers, strict=True)
        ]
        iou = float(np.mean(after))
        return {"score": iou, "iou_before": float(np.mean(before)), "iou": iou}

    def hardness(self, network: keras.Model, images: Sequence[Image]) -> dict[str, float]:
        """None: it never looks at images without ships."""
        return {}

    def fixed(self, whole: Whole, reduce: int, window: int) -> Fixed:
        """The whole network."""
        network = whole(None)
        assert tuple(network.input_shape[1:3]) == PATCH
        assert network.output_shape[1:] == (1, NUMBERS, 1)
        return Fixed(network, network)

    def tiles(self, fixed: Fixed, images: Sequence[Image], count: int, seed: tuple[int, ...]) -> list[Tile]:
        """Patches of at most `count` ships, the same for every seed."""
        patches = islice(patches_of(_with_ships(images, count), 1), count)
        return [Tile(patch, (rectangle, label)) for patch, rectangle, label in patches]

    def figures(self, ours: Sequence[Values], theirs: Sequence[Values], truths: Sequence[Any]) -> dict[str, Any]:
        """Mean IoU with the label; agreement is that of both rectangles with each other."""
        triples = [
            (corrected(rectangle, a[0]), corrected(rectangle, b[0]), label)
            for a, b, (rectangle, label) in zip(ours, theirs, truths, strict=True)
        ]
        before, after = (float(np.mean([overlap(triple[k], triple[2]) for triple in triples])) for k in (0, 1))
        mutual = float(np.mean([overlap(a, b) for a, b, _ in triples]))
        return {"iou_keras": before, "iou_converted": after, "drop": before - after, "agreement": mutual}

    def own_scores(self, network: keras.Model, images: Sequence[Image], count: int) -> dict[str, float]:
        """`iou_before` and `iou` of images with ships."""
        values = self.score(network, _with_ships(images, count))
        return {name: round(value, 4) for name, value in values.items() if name != "score"}


def _with_ships(images: Sequence[Image], count: int) -> list[Image]:
    return pick_evenly([image for image in images if image.ships], count)

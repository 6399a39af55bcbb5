"""Everything that was counted: arrays over the images, and over the ships of both sides."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shipedge.metrics import THRESHOLDS, f2_from_counts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Objects:
    """All ships of one side, or all predictions, (n,) each.

    Attributes:
        image: number of its image.
        row: number of its row within the image, from 0.
        area: pixels.
        side: longer side of its bounding box, pixels.
        iou: best IoU with the other side.
        cause: place in matching.SHIP_CAUSES or matching.PREDICTION_CAUSES.
    """

    image: Ints
    row: Ints
    area: Ints
    side: Ints
    iou: Floats
    cause: Ints

    def per_image(self, images: int, chosen: npt.NDArray[np.bool_] | None = None) -> Ints:
        """How many (of those `chosen`) each image has: (images,)."""
        return np.bincount(self.image if chosen is None else self.image[chosen], minlength=images)


@dataclass(frozen=True, slots=True)
class ImageFigures:
    """One image's figures: F2, Dice, IoU of the unions, and counts at IoU 0.5; `score` is None if unknown."""

    image: str
    ships: int
    predicted: int
    f2: float
    dice: float
    iou: float
    found: int
    false: int
    missed: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A prediction beside the truth.

    Attributes:
        names: ImageId of each of the n images.
        pixels: (n, 3) pixels common to both sides, of the truth, of the prediction.
        ships: the true ships.
        predictions: the predicted ones.
        scores: (n,) score of each image, or None.
        scenes: (n,) number of the scene an image was cut from, or None where that is unknown.
        grounds: place in grounds.GROUNDS of each prediction that is `false` (in their order), or None.
        confidences: (m,) score of each prediction, or None.
    """

    names: tuple[str, ...]
    pixels: Ints
    ships: Objects
    predictions: Objects
    scores: Floats | None = None
    scenes: Ints | None = None
    grounds: Ints | None = None
    confidences: Floats | None = None

    @property
    def probabilities(self) -> bool:
        """Whether there are scores that can be read as probabilities: all between 0 and 1."""
        return self.scores is not None and bool((self.scores >= 0).all() and (self.scores <= 1).all())

    def counts(self) -> Ints:
        """True positives, false positives, false negatives of each image at each threshold: (3, n, 10)."""
        n, steps = len(self.names), THRESHOLDS
        ships = np.stack([self.ships.per_image(n, self.ships.iou > step) for step in steps], axis=1)
        hits = np.stack([self.predictions.per_image(n, self.predictions.iou > step) for step in steps], axis=1)
        return np.stack([hits, self.predictions.per_image(n)[:, None] - hits, self.ships.per_image(n)[:, None] - ships])

    def f2_by_image(self) -> Floats:
        """Official F2 of each image at each threshold: (n, 10)."""
        return f2_from_counts(self.counts())

    @property
    def f2(self) -> float:
        """Official score: mean over all images and thresholds."""
        return float(self.f2_by_image().mean())

    def dice_by_image(self) -> Floats:
        """Dice of the two unions of each image, (n,); 1 where both are empty."""
        common, truth, prediction = self.pixels.T
        return np.where(truth + prediction, 2 * common / np.maximum(truth + prediction, 1), 1.0)

    def iou_by_image(self) -> Floats:
        """IoU of the two unions of each image, (n,); 1 where both are empty."""
        common, truth, prediction = self.pixels.T
        either = truth + prediction - common
        return np.where(either, common / np.maximum(either, 1), 1.0)

    def images(self) -> list[ImageFigures]:
        """The figures image by image, in the order of the truth."""
        found, false, missed = self.counts()[..., 0].tolist()
        columns = (
            self.names,
            self.ships.per_image(len(self.names)).tolist(),
            self.predictions.per_image(len(self.names)).tolist(),
            self.f2_by_image().mean(axis=1).tolist(),
            self.dice_by_image().tolist(),
            self.iou_by_image().tolist(),
            found,
            false,
            missed,
            [None] * len(self.names) if self.scores is None else self.scores.tolist(),
        )
        return [ImageFigures(*values) for values in zip(*columns, strict=True)]

    def worst(self, count: int) -> list[ImageFigures]:
        """The images with the lowest F2; ties: more wrong objects first, then the lower Dice."""
        order = sorted(self.images(), key=lambda one: (one.f2, -one.false - one.missed, one.dice, one.image))
        return [one for one in order[:count] if one.f2 < 1]


def share(part: float, whole: float) -> float:
    """Quotient, NaN where there is nothing to divide."""
    return float(part / whole) if whole else math.nan

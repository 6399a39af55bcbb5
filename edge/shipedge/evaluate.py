"""Prediction CSV against truth CSV: the official F2, Dice, and how well the picture scores separate ships from sea."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from shipedge.errors import DatasetError
from shipedge.formats.airbus import open_csv
from shipedge.metrics import THRESHOLDS, f2_from_counts, match_counts, overlap, roc_auc
from shipedge.rle import Rle, iou, union


@dataclass(frozen=True, slots=True)
class ImageScore:
    """One image: F2, counts at IoU 0.5, and pixels (common to both, in the truth, in the prediction)."""

    image: str
    ships: int
    predicted: int
    f2: float
    found: int
    false: int
    missed: int
    pixels: tuple[int, int, int]

    @property
    def dice(self) -> float:
        """Dice of the two unions; 1 where both are empty."""
        common, truth, prediction = self.pixels
        return 2 * common / (truth + prediction) if truth + prediction else 1.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of a whole prediction; ``f2_by_threshold`` is (10,), as ``metrics.THRESHOLDS``; NaN = not defined here."""

    images: tuple[ImageScore, ...]
    f2_by_threshold: npt.NDArray[np.float64]
    detector_auc: float | None = None

    @property
    def f2(self) -> float:
        """Official score: mean over all images and thresholds."""
        return float(self.f2_by_threshold.mean())

    def worst(self, count: int) -> list[ImageScore]:
        """The images with the lowest F2; ties: more wrong objects first, then the lower Dice."""
        order = sorted(self.images, key=lambda one: (one.f2, -one.false - one.missed, one.dice, one.image))
        return [one for one in order[:count] if one.f2 < 1]

    def summary(self) -> dict[str, Any]:
        """All figures by name, ready for JSON (undefined ones are None)."""
        ship_images = [one for one in self.images if one.ships]
        empty = [one for one in self.images if not one.ships]
        found, false, missed = (sum(getattr(one, name) for one in self.images) for name in ("found", "false", "missed"))
        common, truth, prediction = (sum(one.pixels[i] for one in self.images) for i in range(3))
        values = {
            "images": len(self.images),
            "ship_images": len(ship_images),
            "ships": sum(one.ships for one in self.images),
            "predicted_ships": sum(one.predicted for one in self.images),
            "f2": self.f2,
            "f2_all_empty": len(empty) / len(self.images),
            "f2_ship_images": _mean([one.f2 for one in ship_images]),
            "dice_ship_images": _mean([one.dice for one in ship_images]),
            "dice_pooled": 2 * common / (truth + prediction) if truth + prediction else math.nan,
            "empty_right": _mean([float(one.predicted == 0) for one in empty]),
            "ship_images_found": _mean([float(one.predicted > 0) for one in ship_images]),
            "precision_50": found / (found + false) if found + false else math.nan,
            "recall_50": found / (found + missed) if found + missed else math.nan,
            "detector_auc": math.nan if self.detector_auc is None else self.detector_auc,
        }
        return {name: None if math.isnan(value) else value for name, value in values.items()}


def evaluate_files(
    predictions: str | os.PathLike[str],
    truth: str | os.PathLike[str],
    *,
    scores: str | os.PathLike[str] | None = None,
    shape: tuple[int, int] = (768, 768),
) -> Evaluation:
    """Score one Airbus CSV against another.

    Both must speak of the same images: an image left out of the prediction is an error, not an empty answer, because a
    run that stopped half-way would otherwise look like a bad model.

    Args:
        predictions: the submission.
        truth: the true ships.
        scores: JSON Lines of ``shipedge predict``, for the AUC of its picture scores.
        shape: (height, width) of every image.

    Raises:
        DatasetError: a file is malformed, the images differ, or predicted ships of one image overlap.
    """
    true_ships, predicted_ships = open_csv(truth), open_csv(predictions)
    if not true_ships:
        raise DatasetError(f"{truth} holds no images")
    _same_images(f"{predictions}", predicted_ships, f"{truth}", true_ships)
    images, total = [], np.zeros(len(THRESHOLDS))
    for image, true_texts in true_ships.items():
        if not true_texts and not predicted_ships[image]:  # most images of the sea; worth not calling NumPy for
            total += 1
            images.append(ImageScore(image, 0, 0, 1.0, 0, 0, 0, (0, 0, 0)))
            continue
        there, said = true_ships.ships(image, shape), predicted_ships.ships(image, shape)
        _refuse_overlap(f"{predictions}", image, said)
        counts = match_counts(there, said)
        f2 = f2_from_counts(counts)
        total += f2
        found, false, missed = counts[:, 0].tolist()
        images.append(
            ImageScore(image, len(there), len(said), float(f2.mean()), found, false, missed, overlap(there, said))
        )
    auc = None
    if scores is not None:
        by_image = read_scores(scores)
        _same_images(f"{scores}", by_image, f"{truth}", true_ships)
        auc = roc_auc([one.ships > 0 for one in images], [by_image[one.image] for one in images])
    return Evaluation(tuple(images), total / len(images), auc)


def read_scores(path: str | os.PathLike[str]) -> dict[str, float]:
    """ImageId (last part of ``source``) -> picture score, from the JSON Lines of ``shipedge predict``.

    Raises:
        DatasetError: not JSON Lines of that kind, or two lines for one image; names file and line.
    """
    path, found = Path(path), dict[str, float]()
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {error.strerror or error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            image = str(record["source"]).replace("\\", "/").rpartition("/")[2]
            score = float(record["score"])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise DatasetError(f'{path}: line {number}: expected an object with "source" and "score"') from error
        if not math.isfinite(score):
            raise DatasetError(f"{path}: line {number}: score is {score}, expected a finite number")
        if image in found:
            raise DatasetError(f"{path}: line {number}: image {image!r} comes twice, expected one score per image")
        found[image] = score
    return found


def _same_images(name: str, given: Mapping[str, object], truth_name: str, truth: Mapping[str, object]) -> None:
    for images, sentence in (
        ([one for one in truth if one not in given], f"{name} lacks {{}} of {truth_name}; every one needs its row"),
        ([one for one in given if one not in truth], f"{name} has {{}} that {truth_name} does not know"),
    ):
        if images:
            shown = ", ".join(images[:3]) + (", ..." if len(images) > 3 else "")
            raise DatasetError(sentence.format(f"{len(images)} image{'s' * (len(images) > 1)} ({shown})"))


def _refuse_overlap(name: str, image: str, ships: Sequence[Rle]) -> None:
    if len(ships) < 2 or union(list(ships), ships[0].shape).area == sum(ship.area for ship in ships):
        return
    first, second = next((i, j) for j in range(len(ships)) for i in range(j) if iou(ships[i], ships[j]) > 0)
    raise DatasetError(
        f"{name}: image {image!r}: ships {first + 1} and {second + 1} overlap; the metric is defined for disjoint masks"
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan

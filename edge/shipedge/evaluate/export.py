"""An `Evaluation` as JSON values: everything there is, undefined figures as None."""

import dataclasses
import math
from typing import Any

import numpy as np

from shipedge.evaluate import resample
from shipedge.evaluate.curve import precision_over_recall
from shipedge.evaluate.detector import calibration
from shipedge.evaluate.figures import Figure, causes, false_alarms, rank
from shipedge.evaluate.grounds import GROUNDS
from shipedge.evaluate.matching import ALONE, PREDICTION_CAUSES, SHIP_CAUSES
from shipedge.evaluate.result import Evaluation, Objects
from shipedge.evaluate.sizes import by_size
from shipedge.metrics import THRESHOLDS


def to_json(result: Evaluation, figures: dict[str, Figure]) -> dict[str, Any]:
    """All figures, curves, causes, and every image with its ships; `figures` are those of the same result."""
    value: dict[str, Any] = _clean(
        {
            "format": 2,
            "images": len(result.names),
            "ship_images": int((result.ships.per_image(len(result.names)) > 0).sum()),
            "ships": len(result.ships.image),
            "predicted_ships": len(result.predictions.image),
            **{name: figure.value for name, figure in figures.items() if not name.startswith("recall_50 ")},
            "intervals": {
                "level": resample.LEVEL,
                "draws": resample.draws(units(result)),
                "seed": resample.SEED,
                "unit": "image" if result.scenes is None else "scene",
                "units": units(result),
                **{name: figure.interval for name, figure in figures.items()},
            },
            "f2_by_threshold": {
                f"{step:.2f}": float(f2) for step, f2 in zip(THRESHOLDS, result.f2_by_image().mean(axis=0), strict=True)
            },
            "by_size": [dataclasses.asdict(one) for one in by_size(result)],
            "causes": {**causes(result), "false": false_alarms(result)},
            "detector": _detector(result),
            "curve": _curve(result),
            "per_image": _per_image(result),
        }
    )
    return value


def units(result: Evaluation) -> int:
    """What was resampled: how many scenes, or images where scenes are unknown."""
    return len(result.names) if result.scenes is None else len(np.unique(result.scenes))


def _detector(result: Evaluation) -> dict[str, Any] | None:
    ranking = rank(result)
    if ranking is None or result.scores is None:
        return None
    right, false = ranking.positives(np.ones((1, len(result.names))))
    labels = result.ships.per_image(len(result.names)) > 0
    bins = calibration(labels, result.scores) if result.probabilities else None
    return {
        "cuts": ranking.cuts.tolist(),
        "true_positives": right[0].astype(int).tolist(),
        "false_positives": false[0].astype(int).tolist(),
        "calibration": None
        if bins is None
        else {
            "ece": bins.ece,
            "images": bins.images.tolist(),
            "score": bins.score.tolist(),
            "share": bins.share.tolist(),
        },
    }


def _curve(result: Evaluation) -> dict[str, Any] | None:
    if result.confidences is None or not len(result.ships.image):
        return None
    return {name: values.tolist() for name, values in precision_over_recall(result)._asdict().items()}


def _per_image(result: Evaluation) -> list[dict[str, Any]]:
    ships, predictions = _objects(result.ships, SHIP_CAUSES), _objects(result.predictions, PREDICTION_CAUSES)
    if result.grounds is not None:
        false = np.flatnonzero(result.predictions.cause == ALONE).tolist()
        for number, place in zip(false, result.grounds.tolist(), strict=True):
            predictions[number]["ground"] = GROUNDS[place]
    images = [{**dataclasses.asdict(one), "true_objects": [], "predicted_objects": []} for one in result.images()]
    for name, objects, rows in (
        ("true_objects", result.ships, ships),
        ("predicted_objects", result.predictions, predictions),
    ):
        for image, row in zip(objects.image.tolist(), rows, strict=True):
            images[image][name].append(row)
    return images


def _objects(objects: Objects, names: tuple[str, ...]) -> list[dict[str, Any]]:
    columns = (objects.row.tolist(), objects.area.tolist(), objects.side.tolist(), objects.iou.tolist())
    return [
        {"row": row, "area": area, "side": side, "iou": iou, "cause": names[cause]}
        for row, area, side, iou, cause in zip(*columns, objects.cause.tolist(), strict=True)
    ]


def _clean(value: Any) -> Any:
    """NaN becomes None, everywhere."""
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value

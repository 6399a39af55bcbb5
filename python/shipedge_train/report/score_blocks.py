"""The part of the page about predictions: scores with intervals, sizes, causes, and the detector's curves."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from shipedge.evaluate import Evaluation, resample
from shipedge.evaluate.detector import BINS, calibration
from shipedge.evaluate.export import units
from shipedge.evaluate.figures import Figure, causes, false_alarms, figures, rank
from shipedge.evaluate.matching import SHIP_CAUSES
from shipedge.evaluate.sizes import by_size
from shipedge.metrics import THRESHOLDS
from shipedge_train.page import COLORS, Block, Chart, Facts, Table, Text, new_figure

LABELS = {
    "f2": "F2, official",
    "f2_all_empty": "F2 of an all-empty file",
    "f2_ship_images": "F2, ship images",
    "dice_ship_images": "Dice, ship images",
    "dice_all": "Dice, all images",
    "dice_pooled": "Dice, all pixels pooled",
    "iou_ship_images": "IoU, ship images",
    "iou_all": "IoU, all images",
    "iou_pooled": "IoU, all pixels pooled",
    "precision_50": "precision at IoU 0.5",
    "recall_50": "recall at IoU 0.5",
    "empty_right": "empty images left empty",
    "ship_images_found": "ship images answered",
    "detector_auc": "detector, ROC AUC",
    "detector_ap": "detector, average precision",
    "detector_brier": "detector, Brier score",
}


def score_blocks(result: Evaluation) -> list[Block]:
    """All about one prediction but its images."""
    values = figures(result)
    with_ships = int((result.ships.per_image(len(result.names)) > 0).sum())
    unit = "images" if result.scenes is None else "scenes"
    rows = [(label, *_row(values[name])) for name, label in LABELS.items() if name in values]
    return [
        Facts(
            {
                "images": len(result.names),
                "with ships": with_ships,
                "ships": len(result.ships.image),
                "predicted": len(result.predictions.image),
                "F2, official": values["f2"].value,
                "Dice, ship images": values["dice_ship_images"].value,
                **({"detector ROC AUC": values["detector_auc"].value} if "detector_auc" in values else {}),
            },
            heading="Scores",
        ),
        Table(("score", "value", "95 % interval"), rows),
        Text(f"Intervals by bootstrap: {resample.draws(units(result))} draws of {units(result)} {unit}."),
        _thresholds(result),
        _recalls(result, values),
        *_sizes(result),
        *_detector(result),
    ]


def _row(figure: Figure) -> tuple[str | None, str | None]:
    """As texts, so that all have the same decimals."""
    value = None if math.isnan(figure.value) else f"{figure.value:.3f}"
    return value, None if figure.interval is None else "{:.3f} to {:.3f}".format(*figure.interval)


def _thresholds(result: Evaluation) -> Chart:
    figure, axes = new_figure(4.6, 2.9)
    axes.plot(THRESHOLDS, result.f2_by_image().mean(axis=0), "o-")
    axes.axhline(result.f2, color="#888888", linestyle="--", linewidth=1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("IoU threshold")
    axes.set_ylabel("F2")
    return Chart(figure, "F2 at each threshold; dashed: their mean, the official score")


def _recalls(result: Evaluation, values: dict[str, Figure]) -> Chart:
    figure, axes = new_figure(4.6, 2.9)
    for place, one in enumerate(by_size(result)):
        low, high = values[f"recall_50 {one.name}"].interval or (one.recall, one.recall)
        if one.ships:
            axes.bar(place, one.recall, color=COLORS[0], width=0.6)
            axes.plot([place, place], [low, high], color="#888888", linewidth=2)
        axes.annotate(f"{one.ships} ships", (place, 1.0), ha="center", va="top", fontsize=9)
    axes.set_xticks(range(len(by_size(result))), [one.name for one in by_size(result)])
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("recall at IoU 0.5")
    return Chart(figure, "Share of ships found, by their longer side; grey: 95 % interval")


def _sizes(result: Evaluation) -> list[Block]:
    rows: list[tuple[str | int | float | None, ...]] = [
        (
            one.name,
            one.ships,
            *one.causes.values(),
            round(one.recall, 3),
            round(one.iou, 3),
            one.predicted,
            one.false,
            round(one.f2, 3),
        )
        for one in by_size(result)
    ]
    head = ("longer side", "ships", *SHIP_CAUSES, "recall", "IoU of found", "predicted", "false", "F2")
    counts = ", ".join(f"{count} {name}" for name, count in causes(result)["predictions"].items() if count)
    false = false_alarms(result)
    below = ", ".join(f"{count} {name}" for name, count in (false or {}).items() if count)
    return [
        Table(head, rows, heading="By size and cause"),
        Text(
            f"Predictions: {counts or 'none'}."
            + (f" False alarms lie on: {below} (a guess from colors)." if below else "")
        ),
    ]


def _detector(result: Evaluation) -> list[Block]:
    ranking = rank(result)
    if ranking is None or result.scores is None:
        return [Text("No image scores were given (a CSV has none), so there are no curves of the detector.")]
    labels = result.ships.per_image(len(result.names)) > 0
    right, false = (side[0] for side in ranking.positives(np.ones((1, len(labels)))))
    if not right[-1] or not false[-1]:
        return [Text("The detector's curves need images with ships and images without.")]
    roc, axes = new_figure(3.6, 3.2)
    axes.plot(np.append(0, false / false[-1]), np.append(0, right / right[-1]))
    axes.plot([0, 1], [0, 1], color="#888888", linestyle="--", linewidth=1)
    axes.set_xlabel("empty images answered")
    axes.set_ylabel("ship images answered")
    precision, axes = new_figure(3.6, 3.2)
    axes.plot(right / right[-1], right / (right + false))
    axes.axhline(labels.mean(), color="#888888", linestyle="--", linewidth=1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    charts: list[Block] = [
        Chart(roc, "ROC of the image score; dashed: guessing"),
        Chart(precision, "Precision and recall over images; dashed: guessing"),
    ]
    return [*charts, _reliability(labels, result.scores)] if result.probabilities else charts


def _reliability(labels: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> Chart:
    bins = calibration(labels, scores)
    figure, axes = new_figure(3.6, 3.2)
    axes.plot([0, 1], [0, 1], color="#888888", linestyle="--", linewidth=1)
    full = bins.images > 0
    axes.plot(bins.score[full], bins.share[full], "-", color=COLORS[0])
    axes.scatter(bins.score[full], bins.share[full], s=20 + 200 * bins.images[full] / bins.images.max(), zorder=3)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlabel("score")
    axes.set_ylabel("share with ships")
    note = f"Reliability in {BINS} bins (area: images); calibration error {bins.ece:.3f}; dashed: as it should be"
    return Chart(figure, note)

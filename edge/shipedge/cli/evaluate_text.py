"""What ``shipedge evaluate`` prints."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from shipedge.evaluate import Evaluation, ImageFigures, resample
from shipedge.evaluate.detector import calibration
from shipedge.evaluate.export import units
from shipedge.evaluate.figures import Figure, causes, false_alarms
from shipedge.evaluate.sizes import by_size
from shipedge.metrics import THRESHOLDS


def summary(result: Evaluation, figures: Mapping[str, Figure]) -> str:
    """Everything but the images one by one."""

    def show(name: str) -> str:
        return with_interval(figures[name])

    count, with_ships = len(result.names), int((result.ships.per_image(len(result.names)) > 0).sum())
    unit = "images" if result.scenes is None else "scenes"
    f2 = result.f2_by_image().mean(axis=0)
    lines = [
        f"images              {count} ({with_ships} with {len(result.ships.image)} ships), "
        f"{len(result.predictions.image)} ships predicted",
        f"F2, official        {show('f2')}   (an all-empty file scores {number(figures['f2_all_empty'].value)})",
        f"F2, ship images     {show('f2_ship_images')}",
        f"Dice, ship images   {show('dice_ship_images')}   all images {show('dice_all')}",
        f"IoU, ship images    {show('iou_ship_images')}   all images {show('iou_all')}",
        f"all pixels pooled   Dice {show('dice_pooled')}   IoU {show('iou_pooled')}",
        f"at IoU 0.5          precision {show('precision_50')}   recall {show('recall_50')}",
        f"images              left empty if empty {show('empty_right')}   answered if not {show('ship_images_found')}",
        *_detector(result, figures),
        f"in brackets         95 % intervals: {resample.draws(units(result))} draws of {units(result)} {unit}",
        "",
        "IoU threshold       " + "  ".join(f"{value:.2f}" for value in THRESHOLDS),
        "F2 at it            " + "  ".join(f"{value:.2f}" for value in f2),
        "",
        *_sizes(result, figures),
        "",
        *_causes(result),
    ]
    return "\n".join(lines)


def worst_images(listed: Sequence[ImageFigures]) -> str:
    """One line for each."""
    width = max(14, *(len(one.image) for one in listed))
    return "\n".join(
        [
            f"{'worst images':<{width}}     F2   Dice  ships  predicted  found  false  missed",
            *(
                f"{one.image:<{width}}  {one.f2:5.3f}  {one.dice:5.3f}  {one.ships:5}  {one.predicted:9}  {one.found:5}"
                f"  {one.false:5}  {one.missed:6}"
                for one in listed
            ),
        ]
    )


def number(value: float, digits: int = 4) -> str:
    """A figure, or a dash where it is not defined."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def with_interval(figure: Figure) -> str:
    """A figure and its interval, in brackets."""
    if figure.interval is None:
        return number(figure.value)
    return f"{number(figure.value)} [{figure.interval[0]:.3f}, {figure.interval[1]:.3f}]"


def _detector(result: Evaluation, figures: Mapping[str, Figure]) -> list[str]:
    if result.scores is None:
        return []
    lines = [
        f"detector            ROC AUC {with_interval(figures['detector_auc'])}   "
        f"average precision {with_interval(figures['detector_ap'])}"
    ]
    if result.probabilities:
        bins = calibration(result.ships.per_image(len(result.names)) > 0, result.scores)
        lines.append(
            f"its scores          Brier {with_interval(figures['detector_brier'])}   calibration error {bins.ece:.4f}"
        )
    return lines


def _sizes(result: Evaluation, figures: Mapping[str, Figure]) -> list[str]:
    lines = ["longer side   ships  found  recall at IoU 0.5        its mean  IoU of found  predicted  false     F2"]
    for one in by_size(result):
        recall = with_interval(figures[f"recall_50 {one.name}"])
        lines.append(
            f"{one.name:<12}  {one.ships:5}  {one.causes['found']:5}  {recall:<23}  {number(one.recall_mean, 3):>8}"
            f"  {number(one.iou, 3):>12}  {one.predicted:9}  {one.false:5}  {number(one.f2, 3):>5}"
        )
    return lines


def _causes(result: Evaluation) -> list[str]:
    counted, false = causes(result), false_alarms(result)
    answered = np.bincount(result.predictions.image, minlength=len(result.names)) > 0
    silent = int((~answered[result.ships.image]).sum())

    def listed(table: Mapping[str, int]) -> str:
        return ", ".join(f"{count} {name}" for name, count in table.items() if count) or "none"

    lines = [
        f"ships               {listed(counted['ships'])}"
        + (f"   ({silent} of the missed in images left empty)" if silent else ""),
        f"predictions         {listed(counted['predictions'])}",
    ]
    if false is not None:
        lines.append(f"false alarms        {listed(false)}   (a guess from colors)")
    return lines

"""``shipedge evaluate``: how good are the predicted ships?"""

import json
from pathlib import Path
from typing import Any

import click

from shipedge.atomic import write_atomic
from shipedge.evaluate import Evaluation, evaluate_files
from shipedge.metrics import THRESHOLDS


@click.command()
@click.argument("prediction", type=click.Path(path_type=Path))
@click.argument("truth", type=click.Path(path_type=Path))
@click.option(
    "--scores",
    type=click.Path(path_type=Path),
    help="JSON Lines of `shipedge predict --out`: adds the detector's ROC AUC over pictures.",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write all figures, per picture too.")
@click.option("--worst", type=click.IntRange(min=0), default=0, metavar="N", help="List the N worst pictures.")
@click.option(
    "--shape",
    type=click.IntRange(min=1),
    nargs=2,
    metavar="H W",
    default=(768, 768),
    help="Size of all pictures.  [default: 768 768]",
)
def evaluate(
    prediction: Path, truth: Path, scores: Path | None, json_path: Path | None, worst: int, shape: tuple[int, int]
) -> None:
    """Score a prediction CSV against a truth CSV, both in the Airbus format.

    F2 is the challenge's official score: the mean over all pictures, the empty ones included, and over ten IoU
    thresholds. Both files must list the same pictures; a picture without ships has one row with an empty second field.

    \b
    Examples:
      shipedge evaluate pred.csv ships.csv
      shipedge evaluate pred.csv ships.csv --scores found/predictions.jsonl --worst 10
      shipedge evaluate pred.csv ships.csv --json scores.json
    """  # noqa: D301 - click wants the control character itself
    result = evaluate_files(prediction, truth, scores=scores, shape=shape)
    summary = result.summary()
    if json_path is not None:
        write_atomic(json_path, json.dumps(_for_machines(result, summary), indent=1).encode())
    click.echo(_for_people(result, summary))
    listed = result.worst(worst)
    if listed:
        click.echo("\nworst pictures            F2   Dice  ships  predicted  found  false  missed")
    for one in listed:
        click.echo(
            f"{one.image:<22} {one.f2:5.3f}  {one.dice:5.3f}  {one.ships:5}  {one.predicted:9}  {one.found:5}"
            f"  {one.false:5}  {one.missed:6}"
        )


def _for_people(result: Evaluation, summary: dict[str, Any]) -> str:
    show = {name: "-" if value is None else value for name, value in summary.items()}
    for name, value in summary.items():
        if isinstance(value, float):
            show[name] = f"{value:.4f}"
    lines = [
        f"pictures            {show['images']} ({show['ship_images']} with {show['ships']} ships), "
        f"{show['predicted_ships']} ships predicted",
        f"F2, official        {show['f2']}   (an all-empty file scores {show['f2_all_empty']})",
        f"F2, ship pictures   {show['f2_ship_images']}",
        f"Dice, ship pictures {show['dice_ship_images']}   (all pixels of all pictures together {show['dice_pooled']})",
        f"at IoU 0.5          precision {show['precision_50']}, recall {show['recall_50']}",
        f"pictures            left empty if empty {show['empty_right']}, answered if not {show['ship_images_found']}",
    ]
    if summary["detector_auc"] is not None:
        lines.append(f"detector            ROC AUC {show['detector_auc']}")
    steps = "  ".join(f"{value:.2f}" for value in THRESHOLDS)
    scores = "  ".join(f"{value:.2f}" for value in result.f2_by_threshold)
    return "\n".join([*lines, f"IoU threshold       {steps}", f"F2 at it            {scores}"])


def _for_machines(result: Evaluation, summary: dict[str, Any]) -> dict[str, Any]:
    pictures = [
        {
            "image": one.image,
            "ships": one.ships,
            "predicted": one.predicted,
            "f2": one.f2,
            "dice": one.dice,
            "found": one.found,
            "false": one.false,
            "missed": one.missed,
        }
        for one in result.images
    ]
    by_threshold = {f"{step:.2f}": float(f2) for step, f2 in zip(THRESHOLDS, result.f2_by_threshold, strict=True)}
    return {"format": 1, **summary, "f2_by_threshold": by_threshold, "pictures": pictures}

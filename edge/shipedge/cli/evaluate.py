"""``shipedge evaluate``: how good are the predicted ships?"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import click

from shipedge.cli.engine_options import ENGINE, EngineOptions
from shipedge.cli.options import FORCE, PathName


@click.command()
@click.argument("prediction", type=PathName(path_type=Path))
@click.argument("truth", type=PathName(path_type=Path))
@click.option(
    "--scores",
    type=PathName(path_type=Path),
    help="JSON Lines of `shipedge predict --out`, where PREDICTION is a CSV: adds the detector's figures.",
)
@click.option(
    "--images",
    type=PathName(path_type=Path, exists=True, file_okay=False),
    help="Folder of the images: says what lies below false alarms.",
)
@click.option(
    "--scenes",
    type=PathName(path_type=Path),
    help="ImageId,BigImageId: intervals draw whole scenes.  [default: scenes.csv beside TRUTH, if there is one]",
)
@click.option("--part", metavar="NAME", help="Score this part of the splits.csv beside TRUTH alone: test, fold0 ...")
@click.option(
    "--save", "save_path", type=PathName(path_type=Path), help="Write all figures as JSON, per image and ship."
)
@click.option(
    "--curve", "curve_path", type=PathName(path_type=Path), help="Draw precision over recall (PNG; needs Matplotlib)."
)
@FORCE
@click.option("--worst", type=click.IntRange(min=0), default=0, metavar="N", help="List the N worst images.")
@click.option(
    "--shape",
    type=click.IntRange(min=1),
    nargs=2,
    metavar="H W",
    default=(768, 768),
    help="Size of all images.  [default: 768 768]",
)
@ENGINE
def evaluate(
    prediction: Path,
    truth: Path,
    scores: Path | None,
    images: Path | None,
    scenes: Path | None,
    part: str | None,
    save_path: Path | None,
    curve_path: Path | None,
    force: bool,
    worst: int,
    shape: tuple[int, int],
    engines: EngineOptions,
) -> None:
    """Score predicted ships against the truth, an Airbus CSV.

    PREDICTION is an Airbus CSV, or the folder (or its predictions.jsonl) that `shipedge predict --out` has written,
    which brings the images' scores along. Both sides must list the same images.

    F2 is the challenge's official score: the mean over all images, the empty ones included, and over ten IoU
    thresholds. Brackets hold 95 % intervals: what other images of the same kind could have given.

    --curve shows what a higher bar for the score of a ship would give; predict with --point sensitive, so that there
    are ships to leave out.

    \b
    Examples:
      shipedge evaluate found data/ships.csv --images data/images
      shipedge evaluate submission.csv data/ships.csv --worst 10
      shipedge evaluate found data/ships.csv --part test
      shipedge evaluate found data/ships.csv --curve curve.png
      shipedge evaluate submission.csv data/ships.csv --scores found/predictions.jsonl --save scores.json
    """  # noqa: D301 - click wants the control character itself
    from shipedge.cli.evaluate_text import summary, worst_images
    from shipedge.evaluate import evaluate_files
    from shipedge.evaluate.curve import draw, precision_over_recall
    from shipedge.evaluate.export import to_json
    from shipedge.evaluate.figures import figures
    from shipedge.events.reading import LOG
    from shipedge.files.atomic import write_output
    from shipedge.files.outputs import Kind, check_outputs
    from shipedge.formats.splits import NAME

    outputs: dict[str | os.PathLike[str], Kind] = {}
    if save_path is not None:
        outputs[save_path] = "JSON"
    if curve_path is not None:
        if find_spec("matplotlib") is None:
            raise click.ClickException("--curve needs Matplotlib: pip install matplotlib")
        outputs[curve_path] = "PNG"
    read = (prediction / LOG if prediction.is_dir() else prediction, truth, truth.with_name(NAME), scores, scenes)
    check_outputs(outputs, [path for path in read if path is not None], force=force)
    result = evaluate_files(
        prediction,
        truth,
        scores=scores,
        scenes=scenes,
        images=images,
        part=part,
        shape=shape,
        steps=_bar,
        start=engines.start_if_asked(),
    )
    values = figures(result)
    if curve_path is not None:
        write_output(curve_path, draw(precision_over_recall(result)))
    if save_path is not None:
        write_output(save_path, json.dumps(to_json(result, values), indent=1).encode())
    click.echo(summary(result, values))
    if listed := result.worst(worst):
        click.echo("\n" + worst_images(listed))


def _bar(names: Sequence[str]) -> Iterator[str]:
    """The images behind a progress bar (only on a terminal)."""
    if not sys.stderr.isatty():
        yield from names
        return
    step = max(len(names) // 200, 1)
    with click.progressbar(names, label="images", file=sys.stderr, update_min_steps=step) as bar:
        yield from bar

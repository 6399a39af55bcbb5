"""``shipedge report``: look at a run and at what its models see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipedge.cli.options import FORCE, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.progress import steps

if TYPE_CHECKING:
    from shipedge_train.page import Block


@click.command(short_help="Draw a training run and its scores as one offline page.")
@click.argument("run", required=False, type=PathName(path_type=Path))
@click.option("--against", type=PathName(path_type=Path), help="Another run, to compare curves and choices.")
@click.option("--predictions", type=PathName(path_type=Path), help="Folder of `shipedge predict`, or an Airbus CSV.")
@click.option("--truth", type=PathName(path_type=Path), help="Airbus CSV of the true ships.")
@click.option(
    "--images", type=PathName(path_type=Path, exists=True, file_okay=False), help="Folder of the images, to show."
)
@click.option("--out", type=PathName(path_type=Path), help="The page.  [default: report.html in RUN, or here]")
@FORCE
@click.option(
    "--shape",
    type=click.IntRange(min=1),
    nargs=2,
    metavar="H W",
    default=(768, 768),
    help="Size of all images.  [default: 768 768]",
)
def report(
    run: Path | None,
    against: Path | None,
    predictions: Path | None,
    truth: Path | None,
    images: Path | None,
    out: Path | None,
    force: bool,
    shape: tuple[int, int],
) -> None:
    """Draw a run, its scores, or both as one HTML page that needs no network.

    RUN is the folder of `shipedge train`; it may still be going. What is not there yet is named on the page.
    With --predictions and --truth the page also shows what `shipedge evaluate` counts, with --images the worst and
    best images.

    \b
    Examples:
      shipedge report runs/segmenter
      shipedge report runs/segmenter --against runs/first
      shipedge report runs/segmenter --predictions found --truth data/ships.csv --images data/images
      shipedge report --predictions found --truth data/ships.csv --images data/images --out bundle.html
    """  # noqa: D301 - click wants the control character itself
    if run is None and predictions is None:
        raise click.UsageError("nothing to show: give a RUN, or --predictions with --truth")
    if (predictions is None) != (truth is None):
        raise click.UsageError("--predictions and --truth belong together")
    if images is not None and predictions is None:
        raise click.UsageError("--images needs --predictions and --truth")
    if against is not None and run is None:
        raise click.UsageError("--against needs a RUN")
    from shipedge.files.outputs import check_outputs
    from shipedge_train.page import Text, write_page
    from shipedge_train.report.run import read_run_folder
    from shipedge_train.report.run_blocks import run_blocks

    out = out or (run or Path()) / "report.html"
    given = [path for path in (predictions, truth, images) if path is not None]
    if run is None or run.is_dir():  # read_run_folder says what is wrong with it
        check_outputs({out: "HTML"}, given, force=force)
    blocks: list[Block] = []
    if predictions is not None and truth is not None:
        blocks += _scores(predictions, truth, images, shape)
    else:
        blocks.append(Text("No predictions were given (--predictions, --truth), so there are no scores of images."))
    name = predictions.resolve().name if predictions is not None else ""
    if run is not None:
        mine = read_run_folder(run)
        blocks = run_blocks(mine, None if against is None else read_run_folder(against)) + blocks
        name = mine.folder.resolve().name
    subtitle = f"{predictions} against {truth}" if predictions is not None else ""
    write_page(out, f"Report: {name}", blocks, subtitle=subtitle)
    say(f"written: {out}")


def _scores(predictions: Path, truth: Path, images: Path | None, shape: tuple[int, int]) -> list[Block]:
    from shipedge.evaluate import evaluate_files, read_prediction
    from shipedge_train.page import Text
    from shipedge_train.report.images import image_blocks
    from shipedge_train.report.score_blocks import score_blocks

    result = evaluate_files(predictions, truth, images=images, shape=shape)
    blocks = score_blocks(result)
    if images is None:
        return [*blocks, Text("No folder of images was given (--images), so none are shown.")]
    return blocks + image_blocks(result, read_prediction(predictions), truth, images, shape, steps)

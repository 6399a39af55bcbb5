"""`shipedge data split`: images -> splits.csv."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from shipedge.cli.options import FloatRange, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.options import DatasetPath
from shipedge_train.cli.progress import progress


@click.command(short_help="Split images into folds and a test part without leaks.")
@click.argument("folder", metavar="DIR|ZIP", type=DatasetPath())
@click.option("--folds", type=click.IntRange(2, 100), default=5, show_default=True, help="Folds to train with.")
@click.option(
    "--test-share",
    type=FloatRange(0, 0.9),
    default=0.1,
    show_default=True,
    help="Share that training never sees; 0 for no test part.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Another seed, another split.")
@click.option("--out", type=PathName(path_type=Path, dir_okay=False), help="File.  [default: DIR/splits.csv]")
@click.option("--workers", type=click.IntRange(1, 256), default=None, help="Threads.  [default: one per core]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the summary.")
def split(
    folder: Path, folds: int, test_share: float, seed: int, out: Path | None, workers: int | None, as_json: bool
) -> None:
    """Find images of DIR that overlap and deal them into folds and a test part, never tearing a group apart.

    DIR holds images/ and ships.csv. Images belong together when they show the same place (found from their pixels),
    when they are copies of one file, and when DIR/scenes.csv says so. Each part gets its share of images, of empty
    ones, and of ships of every size. What was seen of an image is kept in splits.signatures beside the result: a
    stopped run goes on, and another one with other options takes seconds.

    \b
    Examples:
      shipedge data split data
      shipedge data split data --folds 10 --test-share 0.2 --seed 7 --out runs/splits.csv
      shipedge data split data --json
    """  # noqa: D301 - click wants the control character itself
    # Here, not above: `shipedge data split --help` needs neither NumPy nor OpenCV.
    from shipedge.errors import DatasetError
    from shipedge.files.atomic import is_stream
    from shipedge.formats.splits import NAME
    from shipedge_train.data.split.make import make_split
    from shipedge_train.data.split.parts import Shares
    from shipedge_train.data.split.summary import table

    path = out or folder / NAME
    if is_stream(path):
        raise DatasetError(f"{path} is a pipe or device, expected a file, beside which signatures are kept")
    result = make_split(folder, path, Shares(folds, test_share, seed), workers or os.cpu_count() or 1, progress)
    for line in result.pop("warnings"):
        say(f"Warning: {line}", err=True)
    if as_json:
        click.echo(json.dumps(result))
        return
    click.echo(table(result["parts"]))
    largest = result["largest_group"]
    click.echo(
        f"\n{result['overlapping_pairs']:,} overlapping pairs, {result['copies']:,} copies, "
        f"{result['solid_images']:,} images solid throughout\n"
        f"{result['groups']:,} groups, {result['groups_of_several']:,} of several images, the largest of "
        f"{largest['images']:,} ({largest['name']})\nWrote {path}"
    )

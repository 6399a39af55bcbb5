"""``shipedge masks``: an Airbus CSV becomes mask images."""

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

import click
from click.exceptions import Exit

from shipedge.cli.engine_options import ENGINE, EngineOptions
from shipedge.cli.options import OVERLAP, PathName
from shipedge.cli.terminal import say

_SHOWN = 20  # complaints printed one by one


@click.command()
@click.argument("csv", type=PathName(path_type=Path))
@click.argument("out", type=PathName(path_type=Path))
@click.option(
    "--images",
    type=PathName(path_type=Path),
    metavar="DIR",
    help="Only the images that exist in DIR; each mask gets the size of its image.",
)
@click.option("--only-ships", is_flag=True, help="Leave out the images without ships.")
@click.option("--instances", is_flag=True, help="Label maps: ship k of an image has the value k, from 1.")
@OVERLAP
@click.option(
    "--shape", type=click.IntRange(1, 65535), nargs=2, metavar="H W", help="Size of all masks.  [default: 768 768]"
)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Work on so many images at a time.  [default: 2, or 1 in each worker]",
)
@ENGINE
def masks(
    csv: Path,
    out: Path,
    images: Path | None,
    only_ships: bool,
    instances: bool,
    overlap: Literal["error", "first", "last", "larger"],
    shape: tuple[int, int] | None,
    threads: int | None,
    engines: EngineOptions,
) -> None:
    """Write one PNG mask per image of CSV into the folder OUT.

    CSV is an Airbus file (ImageId,EncodedPixels; .csv, .csv.gz or .csv.xz). The mask of a.jpg is OUT/a.png, 0 = sea,
    255 = ship. Files that exist are kept, so an interrupted run goes on where it stopped. Bad rows are reported, the
    others are written, and the exit code is then 1.

    \b
    Examples:
      shipedge masks train_ship_segmentations_v2.csv masks/
      shipedge masks ships.csv masks/ --images images/
      shipedge masks ships.csv labels/ --only-ships --instances
    """  # noqa: D301 - click wants the control character itself
    if shape is not None and images is not None:
        raise click.UsageError(
            "--shape and --images exclude each other: with --images each mask has the size of its image"
        )
    # Here, not above: `shipedge masks --help` needs no NumPy.
    from shipedge.airbus import open_csv
    from shipedge.errors import DatasetError
    from shipedge.masks import MaskBuilder, build_masks, images_in

    complaints: list[str] = []
    index = open_csv(csv, complaints=complaints)
    chosen = index.ship_ids() if only_ships else list(index)
    if images is not None:
        if not images.is_dir():
            raise DatasetError(f"{images} is not a folder of images")
        if out.exists() and out.samefile(images):
            raise DatasetError(f"{out} is the folder of the images, expected another one for the masks")
        of = f"{len(chosen)} images{' with ships' if only_ships else ''}"
        chosen = list(images_in(images, chosen))
        say(f"{len(chosen)} of {of} have their image in {images}")
    builder = MaskBuilder(csv, out, shape or (768, 768), images, instances, overlap)
    started = time.perf_counter()
    with _bar(len(chosen)) as bar:

        def advance(count: int) -> None:
            if bar is not None:
                bar.label = f"masks {_rate(bar.pos + count, started):>6.0f}/s"
                bar.update(count)

        start = engines.start_if_asked()
        threads = threads or (2 if start is None else 1)
        report = build_masks(builder, index, chosen, threads=threads, progress=advance, start=start)
    complaints += report.complaints
    for sentence in complaints[:_SHOWN]:
        say(f"Error: {sentence}", err=True)
    if len(complaints) > _SHOWN:
        say(f"Error: ... and {len(complaints) - _SHOWN} more", err=True)
    kept = f", {report.skipped} were there already" if report.skipped else ""
    bad = f", {len(complaints)} bad" if complaints else ""
    rate = f", {_rate(report.written, started):.0f} images/s" if report.written else ""
    say(f"{report.written} masks with {report.ships} ships in {out}{rate}{kept}{bad}")
    if complaints:
        raise Exit(1)


def _bar(length: int) -> AbstractContextManager[Any]:
    """A progress bar where a person watches; None in a log file."""
    if not sys.stderr.isatty():
        return nullcontext()
    return click.progressbar(length=length, label="masks", file=sys.stderr, show_pos=True)


def _rate(count: int, started: float) -> float:
    return count / max(time.perf_counter() - started, 1e-9)

"""`shipedge data stats` and `shipedge data view`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from shipedge.cli.options import FORCE, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.data.options import IMAGES, SHAPE, SOURCE
from shipedge_train.cli.progress import progress

if TYPE_CHECKING:
    from shipedge_train.data.verify.rows import Rows
    from shipedge_train.data.view.numbers import Numbers

SORTS = {"ships": "ships", "size": "largest ship", "error": "error"}
"""Word of the command line -> key of the page."""


@click.command(short_help="Count ships, sizes and colors; draw histograms.")
@SOURCE
@IMAGES
@SHAPE
@click.option("--save", "save_path", type=PathName(path_type=Path), help="Write all numbers as JSON.")
@click.option("--out", type=PathName(path_type=Path), help="New folder for the histograms, as PNG.")
@FORCE
def stats(
    source: Path, images: Path | None, shape: tuple[int, int], save_path: Path | None, out: Path | None, force: bool
) -> None:
    """Count what is in a dataset folder (images/ and ships.csv) or a CSV alone.

    Ships of each image, their area, length, width and runs; sizes, brightness and color of the images.

    \b
    Examples:
      shipedge data stats data
      shipedge data stats train_ship_segmentations_v2.csv
      shipedge data stats data --out charts --save stats.json
    """  # noqa: D301 - click wants the control character itself
    from shipedge.files.atomic import new_folder, write_atomic, write_output
    from shipedge.files.outputs import check_outputs
    from shipedge_train.data.verify.dataset import find_parts
    from shipedge_train.data.verify.files import names_in
    from shipedge_train.data.verify.rows import Rows
    from shipedge_train.data.view.read import check_sizes
    from shipedge_train.data.view.summary import for_people, jsonable

    parts = find_parts(source, images)
    if save_path is not None:
        check_outputs({save_path: "JSON"}, [path for path in (parts.csv, parts.images) if path], force=force)
    rows = Rows(parts.csv, shape)
    if parts.images is not None:
        with_ships = [name for name in names_in(parts.images) if name in rows.ships]
        if sizes := check_sizes(parts.images, with_ships, shape):
            say(sizes, err=True)
    numbers = _count(parts.images, rows, shape, f"reading {source}")
    for line in for_people(numbers):
        say(line)
    if save_path is not None:
        write_output(save_path, json.dumps(jsonable(numbers), indent=1).encode())
    if out is not None:
        from shipedge_train.data.view.charts import charts
        from shipedge_train.page import png_of

        drawn = charts(numbers)
        with new_folder(out) as folder:
            for name, (_, figure) in drawn.items():
                write_atomic(folder / f"{name}.png", png_of(figure))
        say(f"{out}: {len(drawn)} charts")


@click.command(short_help="Look at a dataset: contact sheets and one offline HTML page.")
@SOURCE
@IMAGES
@SHAPE
@click.option("--out", type=PathName(path_type=Path), required=True, help="New folder.")
@click.option(
    "--limit", type=click.IntRange(1, 2000), default=500, show_default=True, metavar="N", help="Images at most."
)
@click.option("--sort", type=click.Choice(list(SORTS)), help="Highest first; without it images are in their order.")
@click.option(
    "--scores", type=PathName(path_type=Path), metavar="JSON", help="File of `shipedge evaluate --save`: adds errors."
)
def view(
    source: Path,
    images: Path | None,
    shape: tuple[int, int],
    out: Path,
    limit: int,
    sort: str | None,
    scores: Path | None,
) -> None:
    """Write contact sheets (PNG) and one page (index.html) with the images and their ships outlined.

    The page needs no network; it sorts by ships, size and error and filters by name and number. Of more images than
    --limit the first by --sort are shown, or some of every part of the dataset.

    \b
    Examples:
      shipedge data view data --out pages
      shipedge data view train.csv --images train_v2 --out pages --limit 2000 --sort ships
      shipedge data view data --out worst --scores scores.json --sort error --limit 100
    """  # noqa: D301 - click wants the control character itself
    if sort == "error" and scores is None:
        raise click.UsageError("--sort error needs --scores")
    from shipedge.errors import DatasetError
    from shipedge.files.atomic import new_folder
    from shipedge_train.data.verify.dataset import find_parts
    from shipedge_train.data.verify.files import names_in
    from shipedge_train.data.verify.findings import printable
    from shipedge_train.data.verify.rows import Rows
    from shipedge_train.data.view.charts import charts
    from shipedge_train.data.view.gallery import Frame, Selection, choose, write_gallery
    from shipedge_train.data.view.read import check_sizes, read_errors
    from shipedge_train.page import Chart, Facts

    parts = find_parts(source, images)
    if parts.images is None:
        raise DatasetError(f"{source} has no images to look at: give a dataset folder, or --images")
    errors = {} if scores is None else read_errors(scores)
    rows = Rows(parts.csv, shape)
    names = names_in(parts.images)
    sizes = check_sizes(parts.images, [name for name in names if name in rows.ships], shape)
    values = {
        "ships": {name: float(len(ships)) for name, ships in rows.ships.items()},
        "size": {name: float(max(ship.area for ship in ships)) for name, ships in rows.ships.items()},
        "error": {name: numbers["error"] for name, numbers in errors.items()},
    }
    chosen = choose(names, values[sort] if sort else None, limit)
    numbers = _count(None, rows, shape, "")
    which = f"the first {len(chosen):,}" if sort else f"{len(chosen):,}, spread over all"
    frame = Frame(
        title=printable(f"{source}"),
        facts=Facts(_facts(numbers, len(names))),
        charts=[Chart(figure, caption) for caption, figure in charts(numbers).values()],
        note="" if len(chosen) == len(names) else f"{which} of {len(names):,} images",
        sort=SORTS[sort] if sort else "",
    )
    with (
        new_folder(out) as folder,
        progress(f"drawing {out}", len(chosen)) as advance,
    ):
        written, missed = write_gallery(folder, Selection(parts.images, chosen, rows.ships, errors), frame, advance)
    say(f"{out / 'index.html'}: {written:,} images, and the same on contact sheets beside it")
    if sizes:
        say(sizes, err=True)
    if missed or rows.findings:
        bad = f"{missed:,} images cannot be decoded, " if missed else ""
        say(f"{bad}{len(rows.findings):,} complaints about rows: shipedge data verify {source}", err=True)
    if missed and not written:
        raise Exit(1)


def _count(folder: Path | None, rows: Rows, shape: tuple[int, int], label: str) -> Numbers:
    """Numbers of the rows, and of the images where there is a folder of them."""
    from shipedge_train.data.verify.files import names_in
    from shipedge_train.data.view.numbers import Numbers, count_rows
    from shipedge_train.data.view.read import count_images

    found = count_rows(rows.ships, list(rows.index), shape)
    if folder is not None:
        names = names_in(folder)
        with progress(label, len(names)) as advance:
            found |= count_images(folder, names, advance)
    return Numbers(**found)


def _facts(numbers: Numbers, images: int) -> dict[str, str | int | float | None]:
    found = numbers.summary()
    return {
        "images shown": images,
        "images in the rows": found["images"],
        "with ships": found["ship_images"],
        "ships": found["ships"],
        "median area, pixels": found["area"] and found["area"]["median"],
        "median length, pixels": found["length"] and found["length"]["median"],
    }

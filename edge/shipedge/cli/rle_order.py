"""``shipedge rle detect-order``: is a file of ships row-major by mistake?"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import click
import numpy.typing as npt
from click.exceptions import Exit

from shipedge.cli.options import PathName
from shipedge.cli.rle_convert import CROWDS, FROM, IMAGES, SHAPE, format_of, image_list_of
from shipedge.cli.streams import counted, readable
from shipedge.cli.terminal import say
from shipedge.errors import ImageError
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList, Labelled
from shipedge.formats.order import OrderReport, detect_order
from shipedge.images import read_image
from shipedge.rle import Rle

_ENOUGH = 200  # images: one alone is right in 98 of 100 cases


@click.command("detect-order")
@click.argument("source", metavar="SRC", type=PathName(allow_dash=True))
@FROM
@IMAGES
@SHAPE
@CROWDS
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def detect_order_command(
    source: str,
    kind: str | None,
    images: Path | None,
    shape: tuple[int, int] | None,
    crowds: Literal["keep", "drop"],
    as_json: bool,
) -> None:
    """Say whether the ships of SRC were written down the columns or, by mistake, along the rows.

    With --images the images decide (up to 200 are looked at). Without them only images that are not square can be
    judged: a row-major text of a square image is the transposed mask, and nothing in the text tells the two apart.

    The exit code is 1 where SRC looks row-major; `shipedge rle convert --order C` puts it right.

    \b
    Examples:
      shipedge rle detect-order submission.csv --images test_v2/
      shipedge rle detect-order ships.csv --shape 512 640
    """  # noqa: D301 - click wants the control character itself
    image_list = image_list_of(images, shape)
    kind = format_of(source, kind, "--from")
    notes: list[str] = []
    with readable(source) as path:
        with_ships = (image for image in read_labelled(path, kind, image_list, notes, crowds=crowds) if image.ships)
        found = islice(with_ships, None if images is None else _ENOUGH)
        report = detect_order(_seen(counted(found, "images"), image_list, notes))
    for note in notes:
        say(f"Note: {note}", err=True)
    if as_json:
        click.echo(json.dumps(asdict(report)))
    else:
        say(f"{source}: {_sentence(report)}")
    if report.order == "C":
        raise Exit(1)


def _seen(
    images: Iterable[Labelled], image_list: ImageList, notes: list[str]
) -> Iterator[tuple[list[Rle], npt.NDArray[Any] | None]]:
    """Each image's ships and its pixels; what cannot be read is left out."""
    if image_list.folder is None:
        yield from ((image.ships, None) for image in images)
        return
    for name, shape, ships in images:
        try:
            pixels = read_image(image_list.folder / name, "auto")
        except ImageError as error:
            notes.append(f"left out: {error}")
            continue
        if pixels.shape[:2] == shape:
            yield ships, pixels
        else:
            notes.append(f"left out: {image_list.folder / name}: its size is {pixels.shape[:2]}, expected {shape}")


def _sentence(report: OrderReport) -> str:
    if report.images == 0:
        return "no ships, so nothing to judge"
    votes = f"{report.for_f} of {report.images} images with ships say column-major, {report.for_c} row-major"
    if report.order == "F":
        return f"column-major (F), as Airbus writes: {votes}"
    if report.order == "C":
        return f"looks ROW-MAJOR (C), Airbus counts down the columns: {votes}; read it with --order C"
    if report.seen:
        return f"cannot tell: {votes}"
    if not report.all_square:
        return f"cannot tell: {votes}; say --images"
    hint = ""
    if report.hint is not None:
        habit = "column-major" if report.hint == "F" else "ROW-MAJOR"
        hint = (
            f" (the ships are {report.aspect:.2f} times as wide as high in the mean; those of the Airbus challenge are "
            f"1.16 times, so if they are from there, the file is {habit})"
        )
    return f"cannot tell without the images, say --images: all are square, where row-major means transposed{hint}"

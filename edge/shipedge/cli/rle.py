"""``shipedge rle``: run-length masks from and to everything else."""

import sys
from pathlib import Path
from typing import Literal

import click

from shipedge.cli.options import FORCE, PathName
from shipedge.cli.rle_convert import convert
from shipedge.cli.rle_info import info
from shipedge.cli.rle_order import detect_order_command
from shipedge.cli.streams import parse_lines, read_stdin, write_stdout
from shipedge.files.atomic import write_output
from shipedge.files.outputs import check_outputs
from shipedge.rle import encode as encode_text
from shipedge.rle import parse, to_png, union

ORDER = click.option(
    "--order",
    type=click.Choice(["F", "C"]),
    default="F",
    show_default=True,
    help="F counts down the columns, as Airbus does; C counts along the rows.",
)
SHAPE = click.option(
    "--shape",
    type=click.IntRange(1, 65535),
    nargs=2,
    default=(768, 768),
    metavar="H W",
    help="Height and width of the mask.  [default: 768 768]",
)


@click.group()
def rle() -> None:
    """Run-length masks: from and to images, between formats, and what is in them.

    \b
    Examples:
      shipedge rle encode mask.png
      shipedge rle decode "1 3 10 5" --shape 20 30 --out mask.png
      shipedge rle convert ships.csv ships.json
      shipedge rle info ships.csv
    """  # noqa: D301 - click wants the control character itself


@rle.command()
@click.argument("masks", nargs=-1, required=True, type=PathName(allow_dash=True), metavar="MASK...")
@ORDER
def encode(masks: tuple[str, ...], order: Literal["F", "C"]) -> None:
    """Print the run-length text of mask images, one line for each MASK.

    MASK is a PNG with one value other than 0 (or visible) where there is a ship, or - for one on standard input. An
    empty line is an empty mask.

    \b
    Examples:
      shipedge rle encode mask.png
      shipedge rle encode masks/*.png > texts.txt
      shipedge rle encode - < mask.png
    """  # noqa: D301 - click wants the control character itself
    from shipedge.formats.mask_image import decode_mask, one_value, read_mask

    for name in masks:
        pixels = one_value(decode_mask(read_stdin(), "stdin"), "stdin") if name == "-" else read_mask(Path(name))
        click.echo(encode_text(pixels, order=order))


@rle.command()
@click.argument("text")
@SHAPE
@ORDER
@click.option(
    "--out",
    type=PathName(allow_dash=True),
    default="-",
    show_default=True,
    metavar="FILE",
    help="PNG to write; - is standard output.",
)
@FORCE
def decode(text: str, shape: tuple[int, int], order: Literal["F", "C"], out: str, force: bool) -> None:
    """Write the mask of a run-length TEXT as PNG: 0 = sea, 255 = ship.

    TEXT is "start length start length ...", or - to read it from standard input: each line is a ship, and all of them
    go into one mask.

    \b
    Examples:
      shipedge rle decode "1 3 10 5" --out mask.png
      shipedge rle encode mask.png | shipedge rle decode - --out again.png
      shipedge rle decode - --shape 256 256 < texts.txt > mask.png
    """  # noqa: D301 - click wants the control character itself
    if out != "-":
        check_outputs({out: "PNG"}, force=force)
    ships = parse_lines(read_stdin(), shape, order) if text == "-" else [parse(text, shape, order=order)]
    data = to_png(union(ships, shape))
    if out == "-":
        if sys.stdout.isatty():
            raise click.UsageError("standard output is a terminal: say --out FILE, or send it into a file or pipe")
        write_stdout(data)
    else:
        write_output(out, data)


rle.add_command(convert)
rle.add_command(info)
rle.add_command(detect_order_command)

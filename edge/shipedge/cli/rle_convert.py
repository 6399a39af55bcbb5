"""``shipedge rle convert``: ships from one format into another."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import click

from shipedge.cli.options import FORCE, OVERLAP, PathName
from shipedge.cli.streams import counted, readable, writable
from shipedge.cli.terminal import say
from shipedge.files.outputs import Kind, check_outputs
from shipedge.formats.coco_results import listed_images
from shipedge.formats.convert import FORMATS, WRITTEN, read_labelled, write_labelled
from shipedge.formats.labelled import ImageList, Labelled, count
from shipedge.formats.recognize import recognize
from shipedge.rle import Overlap

FROM = click.option(
    "--from", "kind", type=click.Choice(FORMATS), help="Format of SRC.  [default: by suffix and content]"
)
IMAGES = click.option(
    "--images",
    type=PathName(path_type=Path),
    metavar="DIR|JSON",
    help="Only the images in DIR, or listed in a COCO file; they say names and sizes where SRC does not.",
)
SHAPE = click.option(
    "--shape",
    type=click.IntRange(1, 65535),
    nargs=2,
    metavar="H W",
    help="Size of all images where neither SRC nor --images says it.  [default: 768 768]",
)
CROWDS = click.option(
    "--crowds",
    type=click.Choice(["keep", "drop"]),
    default="keep",
    show_default=True,
    help="Objects of a COCO file with iscrowd: ships (CVAT marks brush masks so), or left out (COCO marks groups so).",
)


@click.command()
@click.argument("source", metavar="SRC", type=PathName(allow_dash=True))
@click.argument("target", metavar="DST", type=PathName(allow_dash=True))
@FROM
@click.option("--to", "target_kind", type=click.Choice(WRITTEN), help="Format of DST.  [default: by suffix]")
@IMAGES
@SHAPE
@CROWDS
@click.option(
    "--order",
    type=click.Choice(["F", "C"]),
    default="F",
    show_default=True,
    help="Order of the runs in an Airbus CSV that is read: F down the columns, C along the rows (a mistake).",
)
@OVERLAP
@FORCE
def convert(
    source: str,
    target: str,
    kind: str | None,
    target_kind: str | None,
    images: Path | None,
    shape: tuple[int, int] | None,
    crowds: Literal["keep", "drop"],
    order: Literal["F", "C"],
    overlap: Overlap,
    force: bool,
) -> None:
    """Convert the ships of SRC into DST.

    \b
    airbus   CSV of ImageId,EncodedPixels (.csv, .csv.gz, .csv.xz)
    coco     JSON of COCO instances (.json), written with polygons; coco-rle: written with compressed counts
    png      folder of masks, 0 = sea, 255 = ship: parts that touch are one ship
    labels   folder of label maps: ship k has the value k
    yolo     folder of text files with one polygon per ship
    cvat, labelme, labelstudio, supervisely, via: files of these tools, read only

    Boxes, lines and points have no mask: they are left out and counted. If no object of SRC is left, that is an error.

    What DST cannot hold is said. Files and folders appear whole or not at all; a folder that has files already is
    refused. - is standard input or output, for airbus and coco.

    \b
    Examples:
      shipedge rle convert ships.csv ships.json
      shipedge rle convert ships.json labels/ --to yolo
      shipedge rle convert ships.json labels/ --to labels --overlap larger
      shipedge rle convert masks/ ships.csv --images images/
      shipedge rle convert transposed.csv right.csv --order C
      shipedge rle convert - - --from airbus --to coco < ships.csv > ships.json
    """  # noqa: D301 - click wants the control character itself
    image_list = image_list_of(images, shape)
    notes: list[str] = []
    totals = [0, 0]
    kind = format_of(source, kind, "--from")
    target_kind = format_of(target, target_kind, "--to")
    files: dict[str, Kind] = {"airbus": "CSV of ships", "coco": "JSON", "coco-rle": "JSON"}
    if target_kind in files and target != "-":
        check_outputs({target: files[target_kind]}, [source, *([] if images is None else [images])], force=force)
    with readable(source) as path, writable(target) as out:
        found = counted(_summed(read_labelled(path, kind, image_list, notes, order, crowds), totals), "images")
        write_labelled(out, target_kind, found, notes, overlap)
    for note in notes:
        say(f"Note: {note.replace(str(path), source).replace(str(out), target)}", err=True)
    what = f"{count(totals[0], 'image')} with {count(totals[1], 'ship')}: {source} ({kind}) -> {target} ({target_kind})"
    say(what, err=target == "-")


def image_list_of(images: Path | None, shape: tuple[int, int] | None) -> ImageList:
    """Where names and sizes come from. Raises UsageError where both options are given."""
    if images is not None and shape is not None:
        raise click.UsageError("--images and --shape exclude each other: images have their own sizes")
    if images is not None and images.is_file():
        return ImageList(listed=listed_images(images))
    return ImageList(images, shape)


def format_of(name: str, kind: str | None, option: str) -> str:
    """The format of SRC (--from) or DST (--to). Raises UsageError where a stream cannot have it."""
    if name != "-":
        return kind or recognize(Path(name), exists=option == "--from")
    if kind not in ("airbus", "coco", "coco-rle"):
        stream = "input" if option == "--from" else "output"
        raise click.UsageError(f"say the format of standard {stream}: {option} airbus or coco")
    return kind


def _summed(images: Iterable[Labelled], totals: list[int]) -> Iterator[Labelled]:
    for image in images:
        totals[0] += 1
        totals[1] += len(image.ships)
        yield image

"""``shipedge rle info``: what is in a mask or in a file of masks."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np

from shipedge.cli.rle_convert import CROWDS, FROM, IMAGES, SHAPE, image_list_of
from shipedge.cli.streams import counted, parse_lines, readable
from shipedge.cli.terminal import say
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import Labelled
from shipedge.formats.recognize import of_json, recognize
from shipedge.rle import Rle, components, parse, union


@click.command()
@click.argument("source", metavar="TEXT|SRC")
@FROM
@IMAGES
@SHAPE
@CROWDS
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def info(
    source: str,
    kind: str | None,
    images: Path | None,
    shape: tuple[int, int] | None,
    crowds: Literal["keep", "drop"],
    as_json: bool,
) -> None:
    """Say what is in a run-length text, or in a file or folder of ships.

    TEXT is "start length start length ..."; SRC is anything that `shipedge rle convert` reads. - is standard input: a
    CSV, a COCO file, or texts, of which each line is a mask.

    \b
    Examples:
      shipedge rle info "1 3 10 5"
      shipedge rle info ships.csv --images images/
      shipedge rle encode mask.png | shipedge rle info - --json
    """  # noqa: D301 - click wants the control character itself
    image_list = image_list_of(images, shape)
    if not source.strip(" 0123456789"):
        _print([_of_mask(parse(source, shape or (768, 768)))], as_json)
        return
    with readable(source) as path:
        kind = kind or (_kind_of_stream(path) if source == "-" else recognize(path, exists=True))
        if kind is None:
            _print([_of_mask(mask) for mask in parse_lines(path.read_bytes(), shape or (768, 768))], as_json)
            return
        notes: list[str] = []
        _print([_of_images(counted(read_labelled(path, kind, image_list, notes, crowds=crowds), "images"))], as_json)
    for note in notes:
        say(f"Note: {note.replace(str(path), source)}", err=True)


def _kind_of_stream(path: Path) -> str | None:
    """The format of standard input, None for plain texts."""
    with path.open("rb") as file:
        start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"ImageId", b'"ImageId')):
        return "airbus"
    return of_json(path) if start.startswith((b"{", b"[")) else None


def _of_mask(mask: Rle) -> dict[str, Any]:
    return {
        "shape": list(mask.shape),
        "runs": len(mask.runs),
        "area": mask.area,
        "bbox": list(mask.bbox),
        "centroid": list(mask.centroid) if mask else None,
        "components": len(components(mask)),
    }


def _of_images(images: Iterable[Labelled]) -> dict[str, Any]:
    areas: list[int] = []
    runs: list[int] = []
    shapes: set[tuple[int, int]] = set()
    total = empty = parted = overlapping = 0
    for _, shape, ships in images:
        total += 1
        empty += not ships
        shapes.add(shape)
        sizes = [ship.area for ship in ships]
        areas += sizes
        runs += [len(ship.runs) for ship in ships]
        parted += sum(len(components(ship)) > 1 for ship in ships)
        overlapping += sum(sizes) > union(ships, shape).area if len(ships) > 1 else 0
    return {
        "images": total,
        "images_without_ships": empty,
        "shapes": sorted(map(list, shapes))[:20],
        "ships": len(areas),
        "ships_of_several_parts": parted,
        "images_with_overlapping_ships": overlapping,
        "area": _spread(areas),
        "runs": _spread(runs),
    }


def _spread(values: list[int]) -> dict[str, float] | None:
    if not values:
        return None
    low, half, high = np.quantile(values, [0.05, 0.5, 0.95]).tolist()
    return {"min": min(values), "p5": low, "median": half, "p95": high, "max": max(values), "sum": sum(values)}


def _print(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found[0] if len(found) == 1 else found))
        return
    for number, one in enumerate(found):
        if number:
            say("")
        for key, value in one.items():
            say(f"{key.replace('_', ' '):<30}{_plain(value)}")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {number:g}" if key != "sum" else f"sum {number}" for key, number in value.items())
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return ", ".join(f"{height} x {width}" for height, width in value)
        return " ".join(f"{number:.10g}" for number in value)
    return "-" if value is None else str(value)

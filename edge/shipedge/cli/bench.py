"""``shipedge bench rle``: how fast is the run-length core on this machine?"""

import json
import platform
from pathlib import Path
from typing import Any

import click

from shipedge import __version__
from shipedge.bench import LIMITS, OURS, SHAPE, Result, measure, ship_texts, works
from shipedge.errors import DatasetError
from shipedge.peers import installed


@click.group()
def bench() -> None:
    """Time the run-length core on this machine.

    \b
    Examples:
      shipedge bench rle --quick
    """  # noqa: D301 - click wants the control character itself


@bench.command()
@click.option("--quick", is_flag=True, help="A few seconds instead of about a minute; rougher figures.")
@click.option(
    "--csv",
    "csv_path",
    type=click.Path(path_type=Path),
    help="Take the ships from an Airbus CSV, not from made-up ones.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
def rle(quick: bool, csv_path: Path | None, as_json: bool) -> None:
    """Compare decoding, encoding and their kin with NumPy recipes, installed libraries and the speed of memory.

    Results are compared before anything is timed; all contenders take turns, and the table shows medians in
    microseconds per call. "x memset" is our time over that of setting all pixels which the work touches.

    \b
    Examples:
      shipedge bench rle
      shipedge bench rle --quick --csv train_ship_segmentations_v2.csv
      shipedge bench rle --json > rle.json
    """  # noqa: D301 - click wants the control character itself
    images = _images(csv_path) if csv_path else [[text] for text in ship_texts(64)]
    others = installed()
    rounds, round_s = (5, 0.004) if quick else (31, 0.02)
    results = [measure(work, rounds, round_s) for work in works(images, others)]
    if as_json:
        click.echo(json.dumps(_for_machines(results, csv_path), indent=1))
        return
    click.echo(_table(results, [peer.name for peer in others]))


def _images(path: Path) -> list[list[str]]:
    from shipedge.formats.airbus import parse_ships, read_airbus

    images = {image: ships for image, ships in read_airbus(path).items() if ships}
    if not images:
        raise DatasetError(f"{path} has no ship, expected at least one to measure with")
    for image, ships in list(images.items())[:1000]:
        parse_ships(path, image, ships, SHAPE)  # says line and image where a text is wrong
    return list(images.values())[:1000]


def _table(results: list[Result], others: list[str]) -> str:
    names = [OURS, *others, *LIMITS]
    width = max(len(result.name) for result in results)
    head = f"{'microseconds, median':<{width}}" + "".join(f"{name:>13}" for name in names)
    lines = [head + f"{'x faster':>10}{'x memset':>10}"]
    for result in results:
        cells = []
        for name in names:
            us = result.times_us.get(name)
            cells.append(
                "WRONG" if name in result.wrong else "-" if us is None else f"{us:.2f}" if us < 100 else f"{us:.0f}"
            )
        faster = f"{result.times_faster:.1f}" if result.times_faster else "-"
        limit = f"{result.of_limit:.2f}" if result.of_limit else "-"
        lines.append(f"{result.name:<{width}}" + "".join(f"{cell:>13}" for cell in cells) + f"{faster:>10}{limit:>10}")
    return "\n".join(lines)


def _for_machines(results: list[Result], csv_path: Path | None) -> dict[str, Any]:
    rows = [
        {
            "work": result.name,
            "median_us": result.times_us,
            "wrong": list(result.wrong),
            "best_peer": result.best_peer,
            "times_faster": result.times_faster,
            "memset_us": result.limit_us,
            "of_memset": result.of_limit,
        }
        for result in results
    ]
    machine = {"machine": platform.machine(), "python": platform.python_version()}
    return {
        "format": 1,
        "shipedge": __version__,
        "csv": str(csv_path) if csv_path else None,
        **machine,
        "results": rows,
    }

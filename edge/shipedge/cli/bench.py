"""``shipedge bench rle``: how fast is the run-length core on this machine?"""

import json
from pathlib import Path

import click


@click.group()
def bench() -> None:
    """Time the run-length core on this machine.

    \b
    Examples:
      shipedge bench rle --quick
    """  # noqa: D301 - click wants the control character itself


@bench.command()
@click.option("--quick", is_flag=True, help="Half a minute instead of two; rougher figures.")
@click.option(
    "--csv",
    "csv_path",
    type=click.Path(path_type=Path),
    help="Take the ships from an Airbus CSV, not from made-up ones.",
)
@click.option("--only", metavar="NAME", default="", help="Only works whose name contains this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
def rle(quick: bool, csv_path: Path | None, only: str, as_json: bool) -> None:
    """Compare decoding, encoding and their kin with other libraries and the speed of memory.

    Results are compared before anything is timed; all contenders take turns, and the table shows medians. A floor with
    an exclamation mark is missed. pip install "shipedge[bench]" brings the peers; SHIPEDGE_FORCE_PORTABLE=1 measures
    what runs on other processors.

    \b
    Examples:
      shipedge bench rle
      shipedge bench rle --quick --csv train_ship_segmentations_v2.csv
      shipedge bench rle --only "string -> mask"
      shipedge bench rle --json > rle.json
    """  # noqa: D301 - click wants the control character itself
    from shipedge._core import kernels
    from shipedge.bench import table
    from shipedge.bench.material import Material, made_up_images, quick_folder, read_images
    from shipedge.bench.peers import installed
    from shipedge.bench.work import run
    from shipedge.bench.works import WORKS

    chosen = [work for work in WORKS if only in work.name]
    if not chosen:
        raise click.ClickException(f"no work is called {only!r}, expected part of: " + ", ".join(w.name for w in WORKS))
    images = read_images(csv_path, 2000) if csv_path else made_up_images(1000)
    peers, missing = installed()
    if not as_json:
        click.echo("\n".join([*missing, f"kernels: {kernels}", "", table.HEAD]))
    rows = []
    with quick_folder() as folder:
        material = Material(images, Path(folder), csv_path)
        for work in chosen:
            rows.append(run(work, material, peers, vector=kernels != "portable", budget_s=0.03 if quick else 0.8))
            if not as_json:
                click.echo(table.show(rows[-1]))
    if as_json:
        click.echo(json.dumps(table.as_json(rows, missing, kernels, str(csv_path) if csv_path else None), indent=1))

"""`shipedge data bench`: does the loader keep up?"""

from __future__ import annotations

import os
from pathlib import Path

import click

from shipedge.cli.options import FloatRange
from shipedge_train.cli.options import DatasetPath
from shipedge_train.cli.progress import steps


@click.command()
@click.argument("data", metavar="DIR|ZIP", type=DatasetPath())
@click.option("--crop", type=click.Choice(["256", "384", "512", "768"]), multiple=True, default=["256", "768"],
              show_default=True, help="Side of the crops, pixels.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), default=None, help="Threads.  [default: one per core]")
@click.option("--seconds", type=FloatRange(min=0.1), default=4.0, show_default=True, help="Time for each.")
@click.option("--peers", is_flag=True, help="Also tf.data and keras.utils.PyDataset; needs shipedge[train].")
@click.option("--only", metavar="NAME", default="", help="Only contenders whose name contains this.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def bench(
    data: Path, crop: tuple[str, ...], workers: int | None, seconds: float, peers: bool, only: str, as_json: bool
) -> None:
    """Count the crops per second that the loader makes of a dataset.

    Crops, flips and threads are the same for all; masks are compared before anything is timed. A ratio is that to the
    best of tf.data (a) or PyDataset (b). Rows marked augmented vary light, geometry and sensor too, as training does.

    \b
    Examples:
      shipedge data bench data
      shipedge data bench data --crop 256 --peers
      shipedge data bench data --only memory --json > loader.json
    """  # noqa: D301 - click wants the control character itself
    import json
    from dataclasses import asdict

    from shipedge_train.loader.bench.contenders import CONTENDERS, Job
    from shipedge_train.loader.bench.run import measure, scratch, table

    names = [name for name, contender in CONTENDERS.items() if only in name and (peers or not contender.peer)]
    if not names:
        raise click.ClickException(f"no contender is called {only!r}, expected part of: " + "; ".join(CONTENDERS))
    found = []
    with scratch(data, peers) as (masks, cache):
        for side in map(int, crop):
            job = Job(data, masks, cache, side, workers or os.cpu_count() or 1, seconds)
            rows = [measure(name, job) for name in steps(iter(names), len(names), f"crop {side}")]
            found += rows
            if not as_json:
                click.echo(table(rows) + "\n")
    if as_json:
        click.echo(json.dumps([asdict(row) for row in found], indent=1))
    if any(row.failed and not CONTENDERS[row.name].peer for row in found):
        raise click.ClickException("the loader failed, see above")

"""`shipedge synth`: render training scenes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click


@click.command(short_help="Render Airbus-like scenes with exact masks.")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--count", type=click.IntRange(min=1), required=True, help="Number of scenes.")
@click.option("--seed", type=click.IntRange(min=0), required=True, help="Same seed, same scenes, to the byte.")
@click.option("--ship-share", type=click.FloatRange(0, 1), default=0.221, show_default=True, help="Ship pictures.")
@click.option("--workers", type=click.IntRange(min=1), default=None, help="Processes.  [default: one per core]")
def synth(out: Path, count: int, seed: int, ship_share: float, workers: int | None) -> None:
    """Render scenes into OUT/images/*.jpg and OUT/ships.csv.

    A stopped run continues where it was; a larger --count later adds to it.

    \b
    Examples:
      shipedge synth data/train --count 4000 --seed 1
      shipedge synth data/ports --count 500 --seed 2 --ship-share 0.6
    """  # noqa: D301 - click wants the control character itself
    # Here, not above: `shipedge synth --help` needs neither NumPy nor OpenCV.
    from shipedge_train.synth.dataset import SynthParams, write_dataset

    params = SynthParams(seed, ship_share)
    started = time.perf_counter()
    rendered = -1
    with click.progressbar(length=count, label=f"rendering {out}") as bar:

        def advance(done: int) -> None:
            nonlocal rendered
            rendered += done if rendered >= 0 else 1  # The first call counts what was there before.
            bar.update(done)

        pictures, ships = write_dataset(out, params, count, workers or os.cpu_count() or 1, advance)
    rate = rendered / max(time.perf_counter() - started, 1e-9)
    click.echo(f"{out}: {rendered} scenes rendered ({rate:.1f}/s), {pictures} with ships, {ships} ships")

"""`shipedge synth`: render training scenes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from shipedge.cli.options import FORCE, FloatRange, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.progress import progress


def _draw_sheet(folder: Path, sheet: Path) -> None:
    """A contact sheet of a dataset, whole images above and pieces at full resolution below."""
    from shipedge.errors import DatasetError
    from shipedge.files.atomic import write_output
    from shipedge_train.data.compare.sheet import contact_sheet, encode_sheet
    from shipedge_train.dataset import read_dataset

    image = encode_sheet(contact_sheet(read_dataset(folder)), sheet.suffix.lower())
    try:
        write_output(sheet, image)
    except OSError as error:
        raise DatasetError(f"cannot write {sheet}: {error.strerror}") from error
    say(f"{sheet}: contact sheet")


@click.command(short_help="Render Airbus-like scenes with exact masks.")
@click.argument("out", type=PathName(path_type=Path, file_okay=False))
@click.option("--count", type=click.IntRange(min=1), required=True, help="Number of scenes.")
@click.option("--seed", type=click.IntRange(min=0), required=True, help="Same seed, same scenes, to the byte.")
@click.option("--ship-share", type=FloatRange(0, 1), default=0.221, show_default=True, help="Ship images.")
@click.option("--sheet", type=PathName(path_type=Path, dir_okay=False), help="Image (.png, .jpg) of 20 of them.")
@click.option("--workers", type=click.IntRange(min=1), default=None, help="Processes.  [default: one per core]")
@FORCE
def synth(
    out: Path, count: int, seed: int, ship_share: float, sheet: Path | None, workers: int | None, force: bool
) -> None:
    """Render scenes into OUT/images/*.jpg and OUT/ships.csv.

    A stopped run continues where it was; a larger --count later adds to it.

    \b
    Examples:
      shipedge synth data/train --count 4000 --seed 1
      shipedge synth data/ports --count 500 --seed 2 --ship-share 0.6
      shipedge synth data/look --count 20 --seed 3 --sheet look.png
    """  # noqa: D301 - click wants the control character itself
    if sheet is not None and sheet.suffix.lower() not in (".png", ".jpg"):
        raise click.BadParameter(f"{sheet} ends in {sheet.suffix!r}, expected .png or .jpg", param_hint="--sheet")
    # Here, not above: `shipedge synth --help` needs neither NumPy nor OpenCV.
    from shipedge.files.outputs import Kind, check_outputs
    from shipedge_train.synth.dataset import SynthParams, render_scenes

    if sheet is not None:
        kind: Kind = "PNG" if sheet.suffix.lower() == ".png" else "JPEG"
        check_outputs({sheet: kind}, [out / "images"], force=force, made=out)
    params = SynthParams(seed, ship_share)
    started = time.perf_counter()
    rendered = -1
    with progress(f"rendering {out}", count) as show:

        def advance(done: int) -> None:
            nonlocal rendered
            rendered += done if rendered >= 0 else 1  # The first call counts what was there before.
            show(done)

        images, ships = render_scenes(out, params, count, workers or os.cpu_count() or 1, advance)
    rate = rendered / max(time.perf_counter() - started, 1e-9)
    say(f"{out}: {rendered} scenes rendered ({rate:.1f}/s), {images} with ships, {ships} ships")
    if sheet is not None:
        _draw_sheet(out, sheet)

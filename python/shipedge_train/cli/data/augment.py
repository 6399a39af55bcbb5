"""`shipedge data augment`: augmented copies as files, and a sheet to look at."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from shipedge.cli.options import FORCE, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.options import DatasetPath, find_config
from shipedge_train.cli.progress import progress


@click.command(short_help="Write an augmented copy of a dataset.")
@click.argument("folder", metavar="DIR|ZIP", type=DatasetPath())
@click.argument("out", metavar="[OUT]", required=False, type=PathName(path_type=Path, file_okay=False))
@click.option("--copies", type=click.IntRange(min=1), default=1, show_default=True, help="Copies of each image.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same copies.")
@click.option(
    "--config",
    type=PathName(),
    metavar="NAME|FILE",
    help="Of a training run, as `shipedge train --config`; its [augment] says how far to go.",
)
@click.option("--fold", type=click.IntRange(min=0), help="Validation fold of splits.csv.  [default: 0]")
@click.option("--all", "everything", is_flag=True, help="Also copy what is held out for validation and test.")
@click.option("--workers", type=click.IntRange(min=1), help="Threads.  [default: one per core]")
@click.option(
    "--sheet",
    type=PathName(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw each part by itself and all together into a .png or .jpg; OUT may be left out then.",
)
@FORCE
def augment(
    folder: Path,
    out: Path | None,
    copies: int,
    seed: int,
    config: str | None,
    fold: int | None,
    everything: bool,
    workers: int | None,
    sheet: Path | None,
    force: bool,
) -> None:
    """Write augmented copies of the images of DIR into OUT/images/*.jpg, with their ships in OUT/ships.csv.

    For those who want files; `shipedge train` varies its samples anew each time. Image and ships go through one
    geometry, ships of other images are pasted onto open water, then light, air and sensor are varied. Copies keep
    scene, group and part of their image. Images held out for test and validation are not copied: those that
    splits.csv says, else those that training with the same data.validation_share would validate on. A stopped run
    continues where it was; larger --copies later adds to it.

    \b
    Examples:
      shipedge data augment data data-augmented --copies 4 --seed 1
      shipedge data augment data --sheet augmented.png
      shipedge data augment data more --fold 2 --config cascade
    """  # noqa: D301 - click wants the control character itself
    if out is None and sheet is None:
        raise click.UsageError("say where the copies go (OUT), or ask for a sheet (--sheet FILE)")
    # Here, not above: `shipedge data augment --help` needs neither NumPy nor OpenCV.
    from shipedge.errors import DatasetError
    from shipedge.files.outputs import Kind, check_outputs
    from shipedge_train.augment.files import Copies, write_copies
    from shipedge_train.augment.origins import read_origins
    from shipedge_train.augment.sheet import write_sheet
    from shipedge_train.config import Config, read_config
    from shipedge_train.dataset import find_layout

    settings = read_config(find_config(config)) if config is not None else Config()
    origins = read_origins(folder, fold, settings.data.validation_share, everything)
    chosen = [origin for origin in origins if not origin.held_out]
    if not chosen:
        raise DatasetError(f"all {len(origins)} images of {folder} are held out; --all holds nothing out")
    if sheet is not None:
        kind: Kind = "PNG" if sheet.suffix.lower() == ".png" else "JPEG"
        check_outputs({sheet: kind}, [find_layout(folder).images], force=force)
        write_sheet(sheet, [origin.image for origin in chosen], settings.augment, seed)
        say(f"{sheet}: each part by itself, then all together")
    if out is None:
        return
    started, made = time.perf_counter(), 0
    with progress(f"augmenting {folder}", len(chosen) * copies) as show:

        def advance(done: int) -> None:
            nonlocal made
            made += done
            show(done)

        there = write_copies(
            chosen, out, Copies(seed, settings.augment), copies, workers or os.cpu_count() or 1, advance
        )
    held = len(origins) - len(chosen)
    note = f"; {held} held out, not copied" if held else ""
    rate = made / max(time.perf_counter() - started, 1e-9)
    say(f"{out}: {there[0]} images with {there[1]} ships from {len(chosen)} originals{note} ({rate:.1f}/s)")

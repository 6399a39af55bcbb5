"""`shipedge data verify`."""

from __future__ import annotations

import json
import time
from dataclasses import astuple
from pathlib import Path

import click
from click.exceptions import Exit

from shipedge.cli.engine_options import ENGINE, EngineOptions
from shipedge.cli.options import FORCE, PathName
from shipedge.cli.terminal import say
from shipedge_train.cli.data.options import IMAGES, SHAPE, SOURCE
from shipedge_train.cli.progress import progress


@click.command(short_help="Check every row and image before training.")
@SOURCE
@IMAGES
@SHAPE
@click.option("--save", "save_path", type=PathName(path_type=Path), help="Write every finding as JSON.")
@click.option(
    "--fix",
    "fix_path",
    type=PathName(path_type=Path),
    metavar="OUT",
    help="Make OUT a dataset without the images that have errors; OUT/quarantine.csv has the reasons.",
)
@FORCE
@ENGINE
def verify(
    source: Path,
    images: Path | None,
    shape: tuple[int, int],
    save_path: Path | None,
    fix_path: Path | None,
    force: bool,
    engines: EngineOptions,
) -> None:
    """Check a dataset folder (images/, ships.csv, perhaps masks/ and scenes.csv) or a CSV alone.

    Errors spoil training or scores: rows that do not parse, ships outside of the image or on top of each other,
    images that are missing, cut off, of another size; masks that are their image. Warnings are unusual and may be
    right. The exit code is 1 where there are errors, 0 where --fix could leave all of them out. No original is changed.

    \b
    Examples:
      shipedge data verify data
      shipedge data verify airbus-ship-detection.zip --fix clean
      shipedge data verify train_ship_segmentations_v2.csv --images train_v2
      shipedge data verify data --save findings.json
      shipedge data verify data --fix clean
      shipedge data verify data --workers 8
    """  # noqa: D301 - click wants the control character itself
    from shipedge.files.atomic import write_output
    from shipedge.files.outputs import check_outputs
    from shipedge_train.data.verify.dataset import count_images, find_parts
    from shipedge_train.data.verify.dataset import verify as run
    from shipedge_train.data.verify.summary import for_machines, for_people

    started = time.perf_counter()
    parts = find_parts(source, images)
    if save_path is not None:
        check_outputs({save_path: "JSON"}, [path for path in astuple(parts) if path], force=force)
    with progress(f"checking {source}", count_images(parts)) as advance:
        report, rows = run(parts, shape, advance, engines.start_if_asked())
    seconds = time.perf_counter() - started
    for line in for_people(report):
        say(line)
    click.echo(f"checked in {seconds:.1f} s")
    if save_path is not None:
        write_output(save_path, json.dumps(for_machines(report), indent=1).encode())
    failed = report.count("error") > 0
    if fix_path is not None:
        from shipedge_train.data.verify.fix import CLEAN, QUARANTINE, fix

        kept, left_out, remaining = fix(fix_path, report, rows, parts)
        say(f"{fix_path / CLEAN}: {kept:,} images; {left_out:,} left out, see {fix_path / QUARANTINE}")
        if remaining:
            codes = ", ".join(dict.fromkeys(finding.code for finding in remaining))
            click.echo(f"not mended: {codes}", err=True)
        if not kept and left_out:
            click.echo("no image is left: is their size another one than --shape?", err=True)
        failed = bool(remaining) or not kept
    if failed:
        raise Exit(1)

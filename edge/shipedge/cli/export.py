"""``shipedge export``: other files from the log of a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipedge.cli.options import FORCE, PathName
from shipedge.cli.predict_options import OUTPUTS, OutputOptions
from shipedge.cli.report import counted, note
from shipedge.cli.terminal import printable, say

if TYPE_CHECKING:
    from shipedge.images import Reading
    from shipedge.sources import Limits


@click.command()
@click.argument("folder", type=PathName(path_type=Path), metavar="OUT")
@OUTPUTS
@FORCE
@click.pass_context
def export(ctx: click.Context, folder: Path, outputs: OutputOptions, force: bool) -> None:
    """Make CSV, GeoJSON, COCO, SQLite or images from what `shipedge predict --out OUT` has found.

    Everything comes from OUT/predictions.jsonl and the files that --rotate has cut off it, also while a run still
    writes there or after one that was killed. --annotate and --crops read the images and videos again; those of cameras
    and streams are gone.

    \b
    Examples:
      shipedge export predictions --csv submission.csv
      shipedge export predictions --sqlite ships.db --geojson ships.geojson
      shipedge export predictions --annotate --crops
    """  # noqa: D301 - click wants the control character itself
    from shipedge.cli.predict_outputs import check, drawn, sinks_of
    from shipedge.errors import ConfigError, DatasetError
    from shipedge.events.reading import LOG, log_files
    from shipedge.events.recorded import is_through
    from shipedge.exports import export as write
    from shipedge.exports import results_of
    from shipedge.redraw import redraw
    from shipedge.sources import source_named

    folder = folder.parent if folder.name == LOG and folder.is_file() else folder
    log = folder / LOG
    files = outputs.files()
    images = drawn(folder, outputs)
    if not files and not images:
        raise ConfigError("nothing to export: expected one of --csv, --detections, --geojson, --coco, --sqlite, ...")
    counts: dict[str, int] = {}
    for result in results_of(log):
        counts[result.source] = counts.get(result.source, 0) + 1
    if odd := next((name for name in counts if "\0" in name), None):
        raise DatasetError(f"{log}: the source {odd!r} is no name of a file")
    if not is_through(log):
        note(f"{folder}: the run is not through: what it has until now is exported")
    sources = [source_named(name) for name in counts]
    if images and (live := [source.name for source in sources if source.kind not in ("image", "video")]):
        raise ConfigError(f"{live[0]}: the images of a camera or stream are gone, expected a log of files for these")
    check(folder, outputs, [str(path) for path in log_files(log)], sources, force, exported=True)
    written, lost = write(log, files)
    if images:
        with click.progressbar(
            length=sum(counts.values()), label="frames", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            lost += redraw(log, sources, sinks_of(folder, outputs, sources), lambda: bar.update(1), *_read_as(log))
    names = [*map(str, written), *images]
    if names:
        say(f"{counted(sum(counts.values()), 'frame')}; written: {', '.join(names)}")
    for sentence in lost:
        click.echo(f"Error: {printable(sentence)}", err=True)
    if lost:
        ctx.exit(1)


def _read_as(log: Path) -> tuple[Reading, Limits]:
    """How the run has read its files."""
    from msgspec import UNSET

    from shipedge.events import Start
    from shipedge.events.reading import read_events
    from shipedge.images import Reading, parse_stretch
    from shipedge.sources import Limits

    start = next(read_events(log))
    if not isinstance(start, Start):
        return Reading(), Limits()
    stretch = None if start.stretch is UNSET else parse_stretch(start.stretch)
    limits = Limits(None if start.fps is UNSET else start.fps, 1 if start.every is UNSET else start.every)
    return Reading(stretch, None if start.max_pixels is UNSET else start.max_pixels), limits

"""``shipedge predict`` over archives: blocks of images, shared among processes or machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from shipedge.cli.engine_options import EngineOptions
from shipedge.cli.predict_options import ImageOptions, LogOptions, ModelOptions, OutputOptions
from shipedge.cli.predict_outputs import FAILED, check
from shipedge.cli.report import counted, note
from shipedge.cli.scale_options import ScaleOptions
from shipedge.cli.stopping import stop_on_signal
from shipedge.cli.terminal import printable, say

if TYPE_CHECKING:
    from shipedge.events import Start
    from shipedge.scale.parts import Totals
    from shipedge.scale.run import Progress
    from shipedge.sources import Limits

__all__ = ["Asked", "predict_parts"]

_SENTENCES = 20
"""Failures that are shown one by one; all are in the results."""
_EVERY_S = 30.0
"""Between two lines of progress where stderr is no terminal."""


class Asked(NamedTuple):
    """What the command line says; see the options."""

    sources: tuple[str, ...]
    sources_file: str | None
    limits: Limits
    folder: Path
    outputs: OutputOptions
    models: ModelOptions
    images: ImageOptions
    logging: LogOptions
    engines: EngineOptions
    scale: ScaleOptions
    force: bool
    show: bool
    as_json_object: bool

    def specs(self) -> list[str]:
        """The sources, with the manifest."""
        return [*self.sources, *([] if self.scale.manifest is None else [f"@{self.scale.manifest}"])]


def predict_parts(ctx: click.Context, asked: Asked) -> None:
    """Runs it, and ends the command with its exit code.

    Raises:
        ShipedgeError: it cannot begin, or not go on.
        OSError: the results cannot be written.
    """
    from shipedge.scale.blocks import blocks
    from shipedge.scale.inputs import check_sources, count_items, items_of
    from shipedge.scale.parts import Parts
    from shipedge.scale.run import run

    _refuse_what_needs_one_process(asked)
    specs = asked.specs()
    check_sources(specs)
    check(asked.folder, asked.outputs, _local(specs), [], asked.force)
    start, job = _prepared(asked, specs)
    durable = asked.logging.sync != "none"
    parts = Parts(asked.folder, start, asked.logging.fresh, durable, asked.scale.format == "parquet")
    notes: list[str] = []
    began = monotonic()
    with parts, stop_on_signal() as stopped, _Line(count_items(specs)) as line:
        engine = asked.engines.start(job)
        try:
            planned = blocks(items_of(specs, notes), asked.scale.block_images)
            totals = run(planned, engine, parts, line, stopped)
        finally:
            engine.close()
    for text in notes:
        note(text)
    if totals is None:
        click.echo("Stopped: what is complete has been kept", err=True)
        ctx.exit(128 + stopped.received[0])
    lost = _finish(asked, totals, line.last, monotonic() - began)
    ctx.exit(1 if totals.unread or lost else 0)


def _refuse_what_needs_one_process(asked: Asked) -> None:
    from shipedge.errors import ConfigError

    limits, logging = asked.limits, asked.logging
    single = {
        "--annotate": asked.outputs.annotate,
        "--crops": asked.outputs.crops,
        "--show": asked.show,
        "--track": asked.models.track,
        "--sources": asked.sources_file is not None,
        "--max-frames": limits.max_frames is not None,
        "--duration": limits.duration_s is not None,
        "--max-age": limits.max_age_s is not None,
        "--rotate": logging.rotate is not None,
        "--keep": logging.keep is not None,
        "--budget": logging.budget is not None,
        "--max-failure-rate": logging.max_failure_rate < 1,
    }
    if given := [name for name, value in single.items() if value]:
        raise ConfigError(
            f"{' and '.join(given)}: only where one process does all the work, expected no shard, manifest or object "
            "store, and neither --workers nor --engine ray"
        )
    if not asked.specs():
        raise click.UsageError("no source is given, expected SOURCE or --manifest FILE")


def _local(specs: Sequence[str]) -> list[str]:
    return [spec.removeprefix("@") for spec in specs if "://" not in spec]


def _prepared(asked: Asked, specs: list[str]) -> tuple[Start, Any]:
    """The first line of every part, and what the workers are told."""
    from shipedge import __version__
    from shipedge.backends import default_threads
    from shipedge.cli.fingerprint import digest, fingerprint
    from shipedge.events import Start, utc
    from shipedge.region import read_region
    from shipedge.scale.work import Job

    models, images, limits = asked.models, asked.images, asked.limits
    bundle = models.bundle()
    thresholds = models.thresholds(bundle)
    reading = images.reading()
    region = None if images.roi is None else read_region(images.roi)
    made_by = [asdict(thresholds), models.flips, reading, limits, digest(images.roi), specs, asked.scale.block_images]
    noted = {**images.noted(), **limits.noted()}
    batch = fingerprint(bundle, made_by, [])
    start = Start(format=1, version=__version__, time=utc(), bundle=bundle.name, batch=batch, **noted)
    timeout = asked.scale.timeout_s
    threads = models.threads or max(default_threads() // (asked.engines.workers or 1), 1)
    return start, Job(bundle, thresholds, threads, models.flips, models.device, reading, region, limits, timeout)


def _finish(asked: Asked, totals: Totals, progress: Progress, seconds: float) -> int:
    """Makes the other files and says what was done; how many of those files are lost."""
    import os

    from shipedge.events.reading import LOG, PARTS
    from shipedge.exports import export
    from shipedge.files.atomic import write_atomic

    written, lost = export(asked.folder / LOG, asked.outputs.files()) if totals.frames else ([], [])
    failed = asked.folder / FAILED
    if totals.unread:
        write_atomic(failed, b"".join(os.fsencode(name) + b"\n" for name in totals.unread))
    else:
        failed.unlink(missing_ok=True)
    rate = progress.images / seconds if seconds else 0.0
    if asked.as_json_object:
        known = {
            "frames": totals.frames,
            "frames_with_ships": totals.frames_with_ships,
            "ships": totals.ships,
            "failed": len(totals.unread),
            "parts": totals.parts,
            "reused": progress.reused,
            "seconds": round(seconds, 3),
            "images_per_s": round(rate, 2),
            "written": [str(asked.folder / PARTS), *map(str, written)],
        }
        click.echo(json.dumps(known))
    else:
        say(
            f"{counted(totals.frames, 'frame')}, {totals.frames_with_ships} with ships, "
            f"{counted(totals.ships, 'ship')}; {seconds:.2f} s" + (f" = {rate:.1f} images/s" if rate else "")
        )
        if progress.reused:
            say(
                f"{progress.reused} of {counted(totals.parts, 'part')} kept of an earlier run (--fresh does them again)"
            )
        say("written: " + ", ".join([str(asked.folder / PARTS), *map(str, written)]))
    for sentence in lost:
        click.echo(f"Error: {printable(sentence)}", err=True)
    if totals.unread:
        click.echo(f"Error: {counted(len(totals.unread), 'source')} failed, see {printable(str(failed))}", err=True)
    return len(lost)


class _Line:
    """How far it is, on stderr: a line that is drawn again on a terminal, one now and then elsewhere."""

    def __init__(self, total: int | None) -> None:
        from shipedge.scale.run import Progress

        self._total, self._on = total, sys.stderr.isatty()
        self._start, self._next, self._failed = monotonic(), monotonic() + (0 if self._on else _EVERY_S), 0
        self.last = Progress(0, 0, 0)

    def __enter__(self) -> _Line:
        return self

    def __call__(self, progress: Progress) -> None:
        self.last = progress
        for sentence in progress.failed:
            self._failed += 1
            if self._failed <= _SENTENCES:
                note(f"Error: {sentence}")
            elif self._failed == _SENTENCES + 1:
                note("more failures are not shown; all are in the results")
        if (now := monotonic()) < self._next:
            return
        self._next = now + (0.2 if self._on else _EVERY_S)
        rate = progress.images / max(now - self._start, 1e-3)
        done = f"{counted(progress.images, 'image')}, {counted(progress.parts, 'part')}"
        text = f"{done}, {rate:.1f} images/s, {self._failed} failed"
        if self._total is not None and not progress.reused and rate:
            text = f"{text}, {max(self._total - progress.images, 0) / rate:.0f} s left"
        click.echo(f"\r\x1b[K{text}" if self._on else text, err=True, nl=not self._on)

    def __exit__(self, *details: object) -> None:
        if self._on:
            click.echo("\r\x1b[K", err=True, nl=False)

"""``shipedge predict``: images, folders, videos or a camera in; ships out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shipedge.cli.engine_options import ENGINE, EngineOptions
from shipedge.cli.fingerprint import digest, fingerprint
from shipedge.cli.live_table import LiveTable
from shipedge.cli.options import FORCE, PathName
from shipedge.cli.predict_options import (
    IMAGES,
    LOG,
    MODELS,
    OUTPUTS,
    ImageOptions,
    LogOptions,
    ModelOptions,
    OutputOptions,
)
from shipedge.cli.predict_outputs import check, sinks_of, write_exports, write_failed
from shipedge.cli.predict_parts import Asked, predict_parts
from shipedge.cli.report import Progress, as_json, note, print_summary
from shipedge.cli.scale_options import SCALE, ScaleOptions
from shipedge.cli.source_options import resolve_all, source_options
from shipedge.cli.stopping import stop_on_signal
from shipedge.cli.terminal import printable

if TYPE_CHECKING:
    from shipedge.events import Summary
    from shipedge.sources import Limits


@click.command()
@click.argument("sources", nargs=-1, type=PathName(), metavar="SOURCE...")
@source_options
@click.option(
    "--out", type=PathName(), default="predictions", show_default=True, metavar="DIR", help="Folder for all results."
)
@OUTPUTS
@MODELS
@IMAGES
@LOG
@ENGINE
@SCALE
@FORCE
@click.option("--show", is_flag=True, help="Show the frames in a window, where there is a display; q stops.")
@click.option("--json", "as_json_object", is_flag=True, help="Print the summary as one JSON object.")
@click.pass_context
def predict(
    ctx: click.Context,
    sources: tuple[str, ...],
    sources_file: str | None,
    limits: Limits,
    out: str,
    outputs: OutputOptions,
    models: ModelOptions,
    images: ImageOptions,
    logging: LogOptions,
    engines: EngineOptions,
    scale: ScaleOptions,
    force: bool,
    show: bool,
    as_json_object: bool,
) -> None:
    """Find ships in images, folders, videos, cameras or streams.

    SOURCE is an image, a folder of images, a glob in quotes, a video file, the number of a camera or /dev/videoN, a
    stream (rtsp://, rtmp://, srt://, udp://, tcp://; http(s):// with MJPEG, HLS, a still image or a video file), a
    GStreamer pipeline (gst:PIPELINE), images on standard input (-), or a folder in which images appear (watch:DIR).
    Frames may have any size. A rotation noted in EXIF is applied. Of 16-bit images the upper eight bits count
    where all are used; of others --stretch says what is black and white, auto taking what 1 in 1,000 values exceed.

    Every frame becomes one line of DIR/predictions.jsonl as soon as it is done, also when it shows no ship. In the
    CSV an image goes by its file name, a video's frame by NAME_frame000017 (counted from 0).

    A shard (.tar, .tar.gz, .zip, .parquet), an address of an object store (s3://, gs://, az://) and a manifest (@FILE)
    are read in blocks. Their results, and those of --workers, are files in DIR/parts, one for each block.

    A run over files that was stopped or killed goes on when the same command is given again; --fresh begins anew.
    `shipedge export` makes the other files from predictions.jsonl later.

    Large images and GeoTIFF are read window by window where the extra geo is installed. Where meters per pixel are
    known and not those of the models, windows are resampled; the results are in pixels of the source all the same.

    --point chooses thresholds that the bundle brings: careful has the fewest false ships, sensitive misses the fewest.

    Ctrl-C finishes the frame in hand, keeps what is complete, and exits with 130. So do SIGTERM (143) and SIGHUP, when
    a connection breaks (129). An image that cannot be read is named and listed in DIR/failed.txt, the others go on,
    and the exit code is 1.

    \b
    Examples:
      shipedge predict harbor.jpg --annotate
      shipedge predict images/ --csv submission.csv
      shipedge predict 'flights/**/*.jpg' --bundle my-bundle/ --out found/
      shipedge predict flight.mp4 --annotate --threads 2
      shipedge predict flight.mp4 --track --annotate --gsd 0.5
      shipedge predict 0 --json --rotate 100MB --keep 20
      shipedge predict rtsp://cam.example/stream1 --fps 2
      shipedge predict --sources cameras.toml --max-age 2
      shipedge predict scene.tif --stretch 0,3000
      shipedge predict scene.tif --geojson ships.geojson --roi harbor.geojson
      shipedge predict images/ --gsd 0.5 --detections ships.csv
      shipedge predict lake.mp4 --point sensitive --min-score 0.6
      shipedge predict images/ --device gpu
      shipedge predict archive/ --workers 8 --out results/
      shipedge predict s3://bucket/shards/ --engine ray --format parquet
      shipedge predict 0 --device libedgetpu.so.1,device=usb
    """  # noqa: D301 - click wants the control character itself
    from shipedge.system.opencv_wheels import require_opencv

    require_opencv()
    from shipedge.cascade import Cascade
    from shipedge.errors import ConfigError
    from shipedge.events.reading import LOG as NAME
    from shipedge.pipeline import Listener, Settings, run
    from shipedge.region import read_region
    from shipedge.scene.gdal import is_installed
    from shipedge.sinks.downlink import Budget, Downlink

    if outputs.geojson is not None and not is_installed():
        raise ConfigError("--geojson needs rasterio, which reads coordinates: pip install 'shipedge[geo]'")
    if engines.asked or scale.wanted(sources):
        given = (sources, sources_file, limits, Path(out), outputs, models, images, logging, engines, scale)
        predict_parts(ctx, Asked(*given, force, show, as_json_object))
    reading = images.reading()
    notes: list[str] = []
    found = resolve_all(sources, sources_file, notes)
    for text in notes:
        note(text)
    has_end = not any(source.live for source in found)
    if logging.keep and (has_end or logging.rotate is None):
        raise ConfigError("--keep deletes results: expected --rotate beside it, and a source without an end")
    region = None if images.roi is None else read_region(images.roi)
    folder = Path(out)
    check(folder, outputs, [*sources, *filter(None, [images.roi, sources_file])], found, force)
    bundle = models.bundle()
    thresholds = models.thresholds(bundle)
    files = [digest(path) for path in (images.roi, sources_file)]
    made_by = [asdict(thresholds), models.flips, models.track, reading, limits, files]
    batch = fingerprint(bundle, made_by, found) if has_end else None
    log = logging.log(folder / NAME, bundle=bundle.name, batch=batch, **images.noted(), **limits.noted())
    cascade = Cascade(
        bundle, models.threads, flips=models.flips, thresholds=thresholds, device=models.device, report=note
    )
    sinks = sinks_of(folder, outputs, found)
    window = None
    if show:
        from shipedge.sinks.window import Window

        window = Window()
        sinks.append(window)
    if logging.budget is not None:
        sinks.append(Downlink(log, Budget(*logging.budget)))
    written: list[str] = []
    lost = 0

    def finish(summary: Summary) -> None:
        nonlocal lost
        names, lost = write_exports(log.path, outputs, summary)
        written.extend(names)

    try:
        display = Progress(found) if has_end else LiveTable(found, lambda: cascade.backend)
        with stop_on_signal() as asked, display as progress:
            settings = Settings(reading, region, limits, models.track, logging.max_failure_rate)

            def should_stop() -> bool:
                return asked() or (window is not None and window.closed)

            listener = Listener(progress, progress.note, should_stop, finish, progress.take)
            summary = run(found, cascade, log, sinks, settings, listener)
    finally:
        write_failed(folder, log.recorded.summary)
    for sink in sinks:
        if isinstance(sink, Downlink) and summary.frames:
            note(f"{sink.path}: {sink.sent} of {sink.ships} ships fit into the budget")
            written.append(str(sink.path))
    if as_json_object:
        click.echo(json.dumps(as_json(summary, cascade, written)))
    elif summary.frames:
        print_summary(summary, cascade, written)
    for sentence in summary.failed:
        click.echo(f"Error: {printable(sentence)}", err=True)
    if len(summary.failed) > lost and len(found) > 1:
        click.echo(f"{len(summary.unread)} of {len(found)} sources failed", err=True)
    if asked.received:
        click.echo("Stopped: what is complete has been kept", err=True)
        ctx.exit(128 + asked.received[0])
    ctx.exit(1 if summary.failed else 0)

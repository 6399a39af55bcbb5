"""``shipedge predict``: pictures, folders, videos or a camera in; ships out."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple

import click

from shipedge.cli.options import FORCE, FloatRange, PathName
from shipedge.cli.report import Progress, as_json, note, print_summary
from shipedge.cli.source_options import resolve_all, source_options
from shipedge.cli.terminal import printable
from shipedge.signals import handled, stop

if TYPE_CHECKING:
    from shipedge.cascade import Cascade
    from shipedge.sinks import Sink
    from shipedge.sources import Limits, Source


@click.command()
@click.argument("sources", nargs=-1, type=PathName(), metavar="SOURCE...")
@source_options
@click.option(
    "--bundle", "bundle_dir", type=PathName(), metavar="DIR", help="Models to use.  [default: those of the package]"
)
@click.option(
    "--out", type=PathName(), default="predictions", show_default=True, metavar="DIR", help="Folder for all results."
)
@click.option("--annotate", is_flag=True, help="Also draw the ships: DIR/annotated/NAME.jpg, or .mp4 for a video.")
@click.option("--csv", "csv_file", type=PathName(), metavar="FILE", help="Also write an Airbus submission.")
@click.option("--detections", type=PathName(), metavar="FILE", help="Also write a CSV with one row per ship.")
@click.option(
    "--geojson", type=PathName(), metavar="FILE", help="Also write the ships of georeferenced images, in WGS 84."
)
@click.option(
    "--coco",
    type=PathName(),
    metavar="FILE",
    help="Also write a COCO file: images, and ships as polygons with scores.",
)
@click.option(
    "--roi",
    type=PathName(),
    metavar="FILE",
    help="Only there: polygons as GeoJSON, or a JSON list of them in pixels.",
)
@click.option(
    "--gsd",
    type=FloatRange(0.001, 1000),
    metavar="METERS",
    help="Meters per pixel, where the file does not say: sizes in meters, and windows at the scale of the models.",
)
@click.option(
    "--threads", type=click.IntRange(1, 256), metavar="N", help="Threads per model.  [default: cores, up to 4]"
)
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|gpu|npu|LIBRARY[,KEY=VALUE...]",
    help="What runs the models: the fastest that is right, the CPU, an accelerator, a delegate library.",
)
@click.option(
    "--flips", is_flag=True, help="Look at every tile twice, the second time mirrored: slower, a little better."
)
@click.option(
    "--point",
    type=click.Choice(["careful", "balanced", "sensitive"]),
    default="careful",
    show_default=True,
    help="How sure the models must be: few false ships, or few missed ones.",
)
@click.option(
    "--min-score",
    type=FloatRange(0, 1),
    metavar="P",
    help="Score that every ship needs.  [default: what the operating point asks of small ones]",
)
@click.option(
    "--min-area",
    type=click.IntRange(1, 2**32 - 2),
    metavar="N",
    help="Pixels that every ship needs.  [default: as the operating point]",
)
@click.option(
    "--stretch", metavar="LOW,HIGH|auto", help="Values that become black and white in images of more than 8 bits."
)
@FORCE
@click.option(
    "--max-pixels",
    type=click.IntRange(1, 1 << 30),
    metavar="N",
    help="Largest image or frame to decode.  [default: 268435456, of videos 33554432, and no more than the file is "
    "likely to hold]",
)
@click.option("--json", "as_json_object", is_flag=True, help="Print the summary as one JSON object.")
@click.pass_context
def predict(
    ctx: click.Context,
    sources: tuple[str, ...],
    sources_file: str | None,
    limits: Limits,
    bundle_dir: str | None,
    out: str,
    annotate: bool,
    csv_file: str | None,
    detections: str | None,
    geojson: str | None,
    coco: str | None,
    roi: str | None,
    gsd: float | None,
    threads: int | None,
    device: str,
    flips: bool,
    point: str,
    min_score: float | None,
    min_area: int | None,
    stretch: str | None,
    max_pixels: int | None,
    force: bool,
    as_json_object: bool,
) -> None:
    """Find ships in pictures, folders, videos, cameras or streams.

    SOURCE is a picture, a folder of pictures, a glob in quotes, a video file, the number of a camera or /dev/videoN, a
    stream (rtsp://, rtmp://, srt://, udp://, tcp://; http(s):// with MJPEG, HLS, a still image or a video file), a
    GStreamer pipeline (gst:PIPELINE), images on standard input (-), or a folder in which images appear (watch:DIR).
    Frames may have any size. A rotation noted in EXIF is applied. Of 16-bit images the upper eight bits count
    where all are used; of others --stretch says what is black and white, auto taking what 1 in 1,000 values exceed.

    Every frame becomes one line of DIR/predictions.jsonl, also when it shows no ship. In the CSV a picture goes by its
    file name, a video's frame by NAME_frame000017 (counted from 0).

    Large images and GeoTIFF are read window by window where the extra geo is installed. Where meters per pixel are
    known and not those of the models, windows are resampled; the results are in pixels of the source all the same.

    --point chooses thresholds that the bundle brings: careful has the fewest false ships, sensitive misses the fewest.

    Ctrl-C finishes the frame in hand, keeps what is complete, and exits with 130. So do SIGTERM (143) and SIGHUP, when
    a connection breaks (129). A picture that cannot be read is named, the others go on, and the exit code is 1.

    \b
    Examples:
      shipedge predict harbour.jpg --annotate
      shipedge predict pictures/ --csv submission.csv
      shipedge predict 'flights/**/*.jpg' --bundle my-bundle/ --out found/
      shipedge predict flight.mp4 --annotate --threads 2
      shipedge predict 0 --json
      shipedge predict rtsp://cam.example/stream1 --fps 2
      shipedge predict --sources cameras.toml --max-age 2
      shipedge predict scene.tif --stretch 0,3000
      shipedge predict scene.tif --geojson ships.geojson --roi harbour.geojson
      shipedge predict pictures/ --gsd 0.5 --detections ships.csv
      shipedge predict lake.mp4 --point sensitive --min-score 0.6
      shipedge predict pictures/ --device gpu
      shipedge predict 0 --device libedgetpu.so.1,device=usb
    """  # noqa: D301 - click wants the control character itself
    from shipedge.opencv_wheels import require_opencv

    require_opencv()
    from shipedge.images import Reading, parse_stretch
    from shipedge.pipeline import run
    from shipedge.region import read_region
    from shipedge.sinks.geojson import GeoJson

    reading = Reading(None if stretch is None else parse_stretch(stretch), max_pixels, gsd_m=gsd)
    files = _Files(Path(out), annotate, csv_file, detections, geojson, coco)
    files.check_installed()
    notes: list[str] = []
    found = resolve_all(sources, sources_file, notes)
    for text in notes:
        click.echo(printable(text), err=True)
    region = None if roi is None else read_region(roi)
    _check_outputs(files, [*sources, *filter(None, [roi, sources_file])], found, force)
    sinks = _sinks(files, found)
    cascade = _open_cascade(bundle_dir, threads, flips, device, point, min_score, min_area)
    with _stop_on_signal() as received, Progress(found) as progress:
        summary = run(found, cascade, sinks, progress, lambda: bool(received), reading, region, limits)
    written = [str(Path(out, "predictions.jsonl")), str(Path(out, "annotated")) if annotate else ""]
    written += [csv_file or "", detections or "", geojson or "", coco or ""]
    lost = [name for name in written if name and any(text.startswith(f"{name}: ") for text in summary.failed)]
    if geojson and any(isinstance(sink, GeoJson) and not sink.frames for sink in sinks):
        lost.append(geojson)  # no image had coordinates
    # Without a frame earlier results were left alone.
    written = [name for name in written if name and name not in lost and summary.frames]
    if as_json_object:
        click.echo(json.dumps(as_json(summary, cascade, written)))
    elif summary.frames:
        print_summary(summary, cascade, written)
    for sentence in summary.failed:
        click.echo(f"Error: {printable(sentence)}", err=True)
    if len(summary.failed) > len(lost) and len(found) > 1:
        click.echo(f"{len(summary.failed) - len(lost)} of {len(found)} sources failed", err=True)
    if received:
        click.echo("Stopped: what is complete has been kept", err=True)
        ctx.exit(128 + received[0])
    ctx.exit(1 if summary.failed else 0)


class _Files(NamedTuple):
    """What to write, and where."""

    out: Path
    annotate: bool
    csv: str | None
    detections: str | None
    geojson: str | None
    coco: str | None

    def check_installed(self) -> None:
        """Raises ConfigError where a library is missing that one of them needs."""
        from shipedge.errors import ConfigError
        from shipedge.scene.gdal import is_installed

        if self.geojson is not None and not is_installed():
            raise ConfigError("--geojson needs rasterio, which reads coordinates: pip install 'shipedge[geo]'")


def _check_outputs(files: _Files, specs: Sequence[str], sources: list[Source], force: bool) -> None:
    from shipedge.errors import DatasetError
    from shipedge.outputs import Kind, check_outputs
    from shipedge.sinks.annotate import annotated_names

    out = files.out
    outputs: dict[str | os.PathLike[str], Kind] = {out / "predictions.jsonl": "JSON"}
    if files.annotate:
        for name in annotated_names(sources).values():
            outputs[out / "annotated" / name] = "JPEG" if name.endswith(".jpg") else "MP4"
    others: list[tuple[str | None, Kind]] = [
        (files.csv, "CSV of ships"),
        (files.detections, "CSV of detections"),
        (files.geojson, "JSON"),
        (files.coco, "JSON"),
    ]
    for path, kind in others:
        if path is not None:
            if path in outputs:
                raise DatasetError(f"{path} is given for two outputs, expected one for each")
            outputs[path] = kind
    check_outputs(outputs, [*specs, *(source.name for source in sources)], force=force, made=out)


def _sinks(files: _Files, sources: list[Source]) -> list[Sink]:
    from shipedge.sinks.annotate import Annotated
    from shipedge.sinks.coco import CocoJson
    from shipedge.sinks.csv import SubmissionCsv
    from shipedge.sinks.detections import DetectionsCsv
    from shipedge.sinks.geojson import GeoJson
    from shipedge.sinks.jsonl import JsonLines

    sinks: list[Sink] = [JsonLines(files.out / "predictions.jsonl")]
    if files.csv is not None:
        sinks.append(SubmissionCsv(Path(files.csv), sources))
    if files.detections is not None:
        sinks.append(DetectionsCsv(Path(files.detections)))
    if files.geojson is not None:
        sinks.append(GeoJson(Path(files.geojson)))
    if files.coco is not None:
        sinks.append(CocoJson(Path(files.coco), sources))
    if files.annotate:
        sinks.append(Annotated(files.out / "annotated", sources))
    return sinks


def _open_cascade(
    bundle_dir: str | None,
    threads: int | None,
    flips: bool,
    device: str,
    point: str,
    min_score: float | None,
    min_area: int | None,
) -> Cascade:
    from shipedge.bundle import default_bundle, load_bundle
    from shipedge.cascade import Cascade

    bundle = load_bundle(bundle_dir) if bundle_dir else default_bundle()
    thresholds = bundle.at_point(point).overridden(min_score, min_area)
    return Cascade(bundle, threads, flips=flips, thresholds=thresholds, device=device, report=note)


@contextmanager
def _stop_on_signal() -> Iterator[list[int]]:
    """Notes a signal that asks to stop in the list it yields; Ctrl-C after that interrupts at once."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if received and number == signal.SIGINT:
            stop(number, None)
        received.append(number)

    with handled(note):
        yield received

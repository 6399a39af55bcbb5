"""``shipedge predict``: pictures, folders, videos or a camera in; ships out."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from shipedge.cli.options import FORCE, FloatRange, PathName
from shipedge.cli.report import Progress, as_json, note, print_summary
from shipedge.cli.terminal import printable
from shipedge.signals import handled, stop

if TYPE_CHECKING:
    from shipedge.cascade import Cascade
    from shipedge.sinks import Sink
    from shipedge.sources import Source


@click.command()
@click.argument("sources", nargs=-1, required=True, type=PathName(), metavar="SOURCE...")
@click.option(
    "--bundle", "bundle_dir", type=PathName(), metavar="DIR", help="Models to use.  [default: those of the package]"
)
@click.option(
    "--out", type=PathName(), default="predictions", show_default=True, metavar="DIR", help="Folder for all results."
)
@click.option("--annotate", is_flag=True, help="Also draw the ships: DIR/annotated/NAME.jpg, or .mp4 for a video.")
@click.option(
    "--csv",
    "csv_file",
    type=PathName(),
    metavar="FILE",
    help="Also write an Airbus submission (ImageId,EncodedPixels).",
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
    help="Largest image to decode.  [default: 268435456, and no more than its file is likely to hold]",
)
@click.option("--json", "as_json_object", is_flag=True, help="Print the summary as one JSON object.")
@click.pass_context
def predict(
    ctx: click.Context,
    sources: tuple[str, ...],
    bundle_dir: str | None,
    out: str,
    annotate: bool,
    csv_file: str | None,
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
    """Find ships in pictures, folders, videos or a camera.

    SOURCE is a picture, a folder of pictures, a glob in quotes, a video file, or the number of a camera. Frames may
    have any size; nothing is resized. A rotation noted in EXIF is applied. Of 16-bit images the upper eight bits count
    where all are used; of others --stretch says what is black and white, auto taking what 1 in 1,000 values exceed.

    Every frame becomes one line of DIR/predictions.jsonl, also when it shows no ship. In the CSV a picture goes by its
    file name, a video's frame by NAME_frame000017 (counted from 0).

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
      shipedge predict scene.tif --stretch 0,3000
      shipedge predict lake.mp4 --point sensitive --min-score 0.6
      shipedge predict pictures/ --device gpu
      shipedge predict 0 --device libedgetpu.so.1,device=usb
    """  # noqa: D301 - click wants the control character itself
    from shipedge.opencv_wheels import require_opencv

    require_opencv()
    from shipedge.images import Reading, parse_stretch
    from shipedge.pipeline import run
    from shipedge.sources import resolve

    reading = Reading(None if stretch is None else parse_stretch(stretch), max_pixels)
    notes: list[str] = []
    found = resolve(sources, notes)
    for text in notes:
        click.echo(printable(text), err=True)
    _check_outputs(Path(out), sources, found, annotate, csv_file, force)
    sinks = _sinks(Path(out), found, annotate, csv_file)
    cascade = _open_cascade(bundle_dir, threads, flips, device, point, min_score, min_area)
    with _stop_on_signal() as received, Progress(found) as progress:
        summary = run(found, cascade, sinks, progress, lambda: bool(received), reading)
    written = [str(Path(out, "predictions.jsonl")), str(Path(out, "annotated")) if annotate else "", csv_file or ""]
    lost = [name for name in written if name and any(text.startswith(f"{name}: ") for text in summary.failed)]
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


def _check_outputs(
    out: Path, specs: tuple[str, ...], sources: list[Source], annotate: bool, csv_file: str | None, force: bool
) -> None:
    from shipedge.outputs import Kind, check_outputs
    from shipedge.sinks.annotate import annotated_names

    outputs: dict[str | os.PathLike[str], Kind] = {out / "predictions.jsonl": "JSON"}
    if annotate:
        for name in annotated_names(sources).values():
            outputs[out / "annotated" / name] = "JPEG" if name.endswith(".jpg") else "MP4"
    if csv_file is not None:
        outputs[csv_file] = "CSV of ships"
    check_outputs(outputs, [*specs, *(source.name for source in sources)], force=force, made=out)


def _sinks(out: Path, sources: list[Source], annotate: bool, csv_file: str | None) -> list[Sink]:
    from shipedge.sinks.annotate import Annotated
    from shipedge.sinks.csv import SubmissionCsv
    from shipedge.sinks.jsonl import JsonLines

    sinks: list[Sink] = [JsonLines(out / "predictions.jsonl")]
    if csv_file is not None:
        sinks.append(SubmissionCsv(Path(csv_file), sources))
    if annotate:
        sinks.append(Annotated(out / "annotated", sources))
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

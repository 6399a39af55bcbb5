"""The options of ``shipedge predict``, in groups that belong together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from shipedge.cli.options import BYTES, SECONDS, Amount, FloatRange, PathName, PerAmount, grouped

if TYPE_CHECKING:
    from shipedge.bundle import Bundle, Thresholds
    from shipedge.events.log import Log, Rotation, Sync
    from shipedge.images import Reading

__all__ = ["IMAGES", "LOG", "MODELS", "OUTPUTS", "ImageOptions", "LogOptions", "ModelOptions", "OutputOptions"]


class ModelOptions(NamedTuple):
    """What looks at the frames, and how sure it must be."""

    bundle_dir: str | None
    threads: int | None
    device: str
    flips: bool
    point: str
    min_score: float | None
    min_area: int | None
    track: bool

    def bundle(self) -> Bundle:
        """The models."""
        from shipedge.bundle import default_bundle, load_bundle

        return load_bundle(self.bundle_dir) if self.bundle_dir else default_bundle()

    def thresholds(self, bundle: Bundle) -> Thresholds:
        """What counts as ship."""
        return bundle.at_point(self.point).overridden(self.min_score, self.min_area)


MODELS = grouped(
    "models",
    ModelOptions,
    click.option(
        "--bundle", "bundle_dir", type=PathName(), metavar="DIR", help="Models to use.  [default: those of the package]"
    ),
    click.option(
        "--point",
        type=click.Choice(["careful", "balanced", "sensitive"]),
        default="careful",
        show_default=True,
        help="How sure the models must be: few false ships, or few missed ones.",
    ),
    click.option(
        "--min-score",
        type=FloatRange(0, 1),
        metavar="P",
        help="Score that every ship needs.  [default: what the operating point asks of small ones]",
    ),
    click.option(
        "--min-area",
        type=click.IntRange(1, 2**32 - 2),
        metavar="N",
        help="Pixels that every ship needs.  [default: as the operating point]",
    ),
    click.option("--track", is_flag=True, help="Follow ships through videos, cameras and streams: ids, speeds, lines."),
    click.option(
        "--flips", is_flag=True, help="Look at every tile twice, the second time mirrored: slower, a little better."
    ),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="auto|cpu|gpu|npu|LIBRARY[,KEY=VALUE...]",
        help="What runs the models: the fastest that is right, the CPU, an accelerator, a delegate library.",
    ),
    click.option(
        "--threads", type=click.IntRange(1, 256), metavar="N", help="Threads per model.  [default: cores, up to 4]"
    ),
)


class ImageOptions(NamedTuple):
    """How images are read, and where ships count."""

    stretch: str | None
    max_pixels: int | None
    gsd: float | None
    roi: str | None

    def reading(self) -> Reading:
        """The same for the readers."""
        from shipedge.images import Reading, parse_stretch

        return Reading(None if self.stretch is None else parse_stretch(self.stretch), self.max_pixels, gsd_m=self.gsd)

    def noted(self) -> dict[str, Any]:
        """What the log says of it, so that the same pixels can be read again."""
        return {name: value for name in ("stretch", "max_pixels") if (value := getattr(self, name)) is not None}


IMAGES = grouped(
    "images",
    ImageOptions,
    click.option(
        "--roi",
        type=PathName(),
        metavar="FILE",
        help="Only there: polygons as GeoJSON, or a JSON list of them in pixels.",
    ),
    click.option(
        "--gsd",
        type=FloatRange(0.001, 1000),
        metavar="METERS",
        help="Meters per pixel, where the file does not say: sizes in meters, and windows at the scale of the models.",
    ),
    click.option(
        "--stretch", metavar="LOW,HIGH|auto", help="Values that become black and white in images of more than 8 bits."
    ),
    click.option(
        "--max-pixels",
        type=click.IntRange(1, 1 << 30),
        metavar="N",
        help="Largest image or frame to decode.  [default: 268435456, of videos 33554432, and no more than the file is "
        "likely to hold]",
    ),
)


class OutputOptions(NamedTuple):
    """What is made of the results besides the log."""

    annotate: bool
    crops: bool
    csv: str | None
    detections: str | None
    geojson: str | None
    coco: str | None
    sqlite: str | None

    def files(self) -> dict[str, Path]:
        """{format: path} of the files that are made from the log."""
        from shipedge.exports import EXPORTS

        return {name: Path(path) for name in EXPORTS if (path := getattr(self, name)) is not None}


OUTPUTS = grouped(
    "outputs",
    OutputOptions,
    click.option("--annotate", is_flag=True, help="Draw the ships: DIR/annotated/NAME.jpg, or .mp4 for a video."),
    click.option("--crops", is_flag=True, help="Cut out every ship: DIR/crops/NAME-NUMBER.jpg."),
    click.option("--csv", type=PathName(), metavar="FILE", help="Write an Airbus submission."),
    click.option("--detections", type=PathName(), metavar="FILE", help="Write a CSV with one row per ship."),
    click.option(
        "--geojson", type=PathName(), metavar="FILE", help="Write the ships of georeferenced images, in WGS 84."
    ),
    click.option(
        "--coco",
        type=PathName(),
        metavar="FILE",
        help="Write a COCO file: images, and ships as polygons with scores.",
    ),
    click.option("--sqlite", type=PathName(), metavar="FILE", help="Write a database of frames and ships."),
)


class LogOptions(NamedTuple):
    """How predictions.jsonl is written."""

    fresh: bool
    sync: Sync
    rotate: tuple[str, float] | None
    keep: int | None
    max_failure_rate: float
    budget: tuple[int, str] | None

    def rotation(self) -> Rotation:
        """When a new file begins."""
        from shipedge.events.log import Rotation

        kind, amount = self.rotate or ("", 0.0)
        return Rotation(int(amount) if kind == "bytes" else 0, amount if kind == "seconds" else 0.0, self.keep or 0)

    def log(self, path: Path, **start: Any) -> Log:
        """The log, not yet open; `start` is what `events.Start` needs besides the version and the time."""
        from shipedge import __version__
        from shipedge.events import Start, utc
        from shipedge.events.log import Log

        begin = Start(format=1, version=__version__, time=utc(), **start)
        return Log(path, begin, fresh=self.fresh, sync=self.sync, rotation=self.rotation())


LOG = grouped(
    "logging",
    LogOptions,
    click.option("--fresh", is_flag=True, help="Begin anew where an earlier run was stopped or killed."),
    click.option(
        "--sync",
        type=click.Choice(["none", "interval", "frame"]),
        default="interval",
        show_default=True,
        help="When results are on the disk, against power cuts: when the system likes, within a second, at once.",
    ),
    click.option(
        "--rotate",
        type=Amount(bytes=BYTES, seconds=SECONDS),
        metavar="100MB|1d",
        help="Begin a new file of results when the last has this size or age.",
    ),
    click.option(
        "--keep",
        type=click.IntRange(1, 100_000),
        metavar="N",
        help="With --rotate, of cameras and streams: delete all but the last N full files.",
    ),
    click.option(
        "--budget",
        type=PerAmount("frame", "h"),
        metavar="20kB/frame|1MB/h",
        help="Also write DIR/downlink.jsonl: the most valuable ships with small images, in so many bytes.",
    ),
    click.option(
        "--max-failure-rate",
        type=FloatRange(0, 1),
        default=1.0,
        metavar="SHARE",
        help="End when more than this share of at least 20 sources cannot be read.",
    ),
)

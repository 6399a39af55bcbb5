"""One class for each kind of line in predictions.jsonl; its fields are the keys, and no others are allowed.

Times are UTC, text as in RFC 3339 with milliseconds: "2026-01-31T12:00:00.000Z".
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from shipedge.frame import FrameResult
from shipedge.measure import corners, measure

__all__ = [
    "Demoted",
    "End",
    "Event",
    "Failure",
    "Found",
    "Gap",
    "Notice",
    "Result",
    "Start",
    "Track",
    "describe",
    "utc",
]

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Time = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]


class Found(Struct, forbid_unknown_fields=True):
    """One ship; lengths in pixels of the frame, meters and degrees of the earth (WGS 84) where they are known.

    Attributes:
        rle: its pixels as an Airbus string: starts and lengths, 1-based, column by column.
        bbox: [left, top, right, bottom], half-open.
        score: how sure the models are, 0..1.
        center: [x, y] of the smallest rectangle around it.
        length: of the longer side of the rectangle.
        width: of its shorter side.
        orientation: of its longer side, degrees from 0 to below 180, from the x axis towards the y axis.
        length_m: meters.
        width_m: meters.
        lon: longitude of the center.
        lat: latitude of the center.
        outline: [longitude, latitude] of the corners of the rectangle.
        track: id of the ship in this source, from 1, with --track.
        speed: pixels per second, without the motion of the camera.
        speed_m_s: meters per second.
        heading: where it goes, degrees from 0 to below 360, from the x axis towards the y axis.
    """

    rle: str
    bbox: Annotated[list[Count], Meta(min_length=4, max_length=4)]
    score: Share
    center: Annotated[list[float], Meta(min_length=2, max_length=2)]
    length: float
    width: float
    orientation: float
    length_m: float | UnsetType = UNSET
    width_m: float | UnsetType = UNSET
    lon: float | UnsetType = UNSET
    lat: float | UnsetType = UNSET
    outline: list[Annotated[list[float], Meta(min_length=2, max_length=2)]] | UnsetType = UNSET
    track: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    speed: float | UnsetType = UNSET
    speed_m_s: float | UnsetType = UNSET
    heading: float | UnsetType = UNSET


class Start(Struct, tag_field="event", tag="start", forbid_unknown_fields=True):
    """The first line of a file: what the lines below it were made by.

    Attributes:
        format: of this log, 1.
        version: of shipedge.
        time: when.
        bundle: name of the bundle.
        batch: fingerprint of models, options and files, by which the same command is known again; null where a camera
            or a stream has no end.
        part: how many files of this log came before it, see --rotate.
        stretch: how images of more than 8 bits were read, as --stretch takes it.
        max_pixels: the largest image that was read.
        fps: frames a second that were looked at of each video, at most.
        every: the first of so many frames was.
        inputs: fingerprint of what was read for this file, with --workers.
    """

    format: int
    version: str
    time: Time
    bundle: str
    batch: str | None
    part: Count = 0
    stretch: str | UnsetType = UNSET
    max_pixels: Count | UnsetType = UNSET
    fps: float | UnsetType = UNSET
    every: Count | UnsetType = UNSET
    inputs: str | UnsetType = UNSET


class Result(Struct, tag_field="event", tag="frame", forbid_unknown_fields=True):
    """One frame, also when it shows no ship.

    Attributes:
        source: the image, video, camera or stream.
        index: number of the frame in it, from 0.
        time_s: seconds since its first frame; null for images, and for raw streams, which have no time stamps.
        shape: [height, width].
        score: probability that the frame shows a ship.
        ships: those found.
        timings_ms: milliseconds per stage.
        captured: when a camera or stream gave the frame.
        age_ms: milliseconds from then to the result.
        dropped: frames of this source that were skipped since the one before, because the models were slower.
        gsd_m: ground sample distance, meters a pixel, where it is known.
        placed: true where the file says where on the earth it lies; ships then have longitude and latitude.
        scale: what the frame was resampled by, where it was.
        camera: [x, y] in this frame of what was at [0, 0] of the first one, with --track.
    """

    source: str
    index: Count
    time_s: float | None
    shape: Annotated[list[Count], Meta(min_length=2, max_length=2)]
    score: Share
    ships: list[Found]
    timings_ms: dict[str, float]
    captured: Time | UnsetType = UNSET
    age_ms: float | UnsetType = UNSET
    dropped: Count | UnsetType = UNSET
    gsd_m: float | UnsetType = UNSET
    placed: bool | UnsetType = UNSET
    scale: float | UnsetType = UNSET
    camera: Annotated[list[float], Meta(min_length=2, max_length=2)] | UnsetType = UNSET


class Track(Struct, tag_field="event", tag="track", forbid_unknown_fields=True):
    """One ship through time, written when it was not seen any more; see --track.

    Attributes:
        source: the video, camera or stream.
        track: id of the ship in this source, from 1.
        first: number of the frame in which it was seen first.
        last: number of the frame in which it was seen last.
        frames: in which it was seen.
        first_s: seconds since the first frame of the source; null where it has no time stamps.
        last_s: likewise.
        path: [frame, x, y] of its center, without the motion of the camera: as the first frame of the source would
            show it. Up to 128 points.
        speed: pixels per second, mean.
        speed_m_s: meters per second, mean.
        heading: from first to last, degrees from 0 to below 360, from the x axis towards the y axis.
    """

    source: str
    track: Annotated[int, Meta(ge=1)]
    first: Count
    last: Count
    frames: Count
    first_s: float | None
    last_s: float | None
    path: list[Annotated[list[float], Meta(min_length=3, max_length=3)]]
    speed: float | UnsetType = UNSET
    speed_m_s: float | UnsetType = UNSET
    heading: float | UnsetType = UNSET


class Gap(Struct, tag_field="event", tag="gap", forbid_unknown_fields=True):
    """A time from which a source has no frames, and no ship is reported: written when it begins and when it ends.

    Attributes:
        source: the camera or stream.
        start: when it began: the last good frame.
        end: when it ended; null while it goes on.
        reason: in a few words.
    """

    source: str
    start: Time
    end: Time | None
    reason: str


class Notice(Struct, tag_field="event", tag="notice", forbid_unknown_fields=True):
    """Something that is no failure and worth knowing: another resolution, a clock that was set.

    Attributes:
        source: the camera or stream.
        time: when.
        message: one sentence.
    """

    source: str
    time: Time
    message: str


class Failure(Struct, tag_field="event", tag="error", forbid_unknown_fields=True):
    """A source that could not be read, or not to its end.

    Attributes:
        source: which; null where it was none.
        time: when.
        message: one sentence: what was found where, and what was expected.
    """

    source: str | None
    time: Time
    message: str


class Demoted(Struct, tag_field="event", tag="demoted", forbid_unknown_fields=True):
    """An accelerator failed and another takes over; no frame is lost or done twice.

    Attributes:
        time: when.
        message: what failed, and why.
        device: what runs the models from here on.
    """

    time: Time
    message: str
    device: str


class End(Struct, tag_field="event", tag="end", forbid_unknown_fields=True):
    """A source, or the whole run, is through; nothing of the kind after a run that was stopped or killed.

    Attributes:
        source: which; null for the run.
        time: when.
        frames: of it.
        ships: of all its frames.
        dropped: frames that were skipped because the models were slower.
    """

    source: str | None
    time: Time
    frames: Count
    ships: Count
    dropped: Count = 0


Event: TypeAlias = Start | Result | Track | Gap | Notice | Failure | Demoted | End


def utc(when: datetime | float | None = None) -> str:
    """A time, now by default, as the events give it; of seconds since 1970, too."""
    if not isinstance(when, datetime):
        when = datetime.now(timezone.utc) if when is None else datetime.fromtimestamp(when, timezone.utc)
    when = when.astimezone(timezone.utc)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def describe(result: FrameResult) -> Result:
    """What the log says of a frame: pixels and meters to two decimals, degrees of the earth to seven (a centimeter).

    Raises:
        ImageError: the coordinates of the frame lead nowhere.
    """
    ships = []
    for ship, measures in zip(result.ships, measure(result), strict=True):
        x, y, length, width, orientation = measures.rectangle
        found = Found(
            ship.rle.to_airbus(),
            list(ship.bbox),
            round(ship.score, 4),
            [round(x, 2), round(y, 2)],
            round(length, 2),
            round(width, 2),
            round(orientation, 1) % 180,
        )
        if measures.length_m is not None and measures.width_m is not None:
            found.length_m, found.width_m = round(measures.length_m, 2), round(measures.width_m, 2)
        if measures.lonlat is not None and result.place is not None:
            found.lon, found.lat = (round(degrees, 7) for degrees in measures.lonlat)
            found.outline = result.place.lonlat(corners(measures.rectangle)).round(7).tolist()
        ships.append(found)
    return Result(
        result.source,
        result.index,
        None if result.time_s is None else round(result.time_s, 6),
        list(result.shape),
        round(result.score, 4),
        ships,
        {stage: round(value, 3) for stage, value in result.timings_ms.items()},
        gsd_m=UNSET if result.gsd_m is None else round(result.gsd_m, 6),
        placed=UNSET if result.place is None else True,
        scale=UNSET if result.scale == 1 else round(result.scale, 6),
    )

"""What pages ask the database; each call has a connection of its own, which can only read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple

import msgspec

from shipedge.errors import SourceError
from shipedge.events import Result, utc
from shipedge.serve.store import connect
from shipedge.sinks.detections import write_detections
from shipedge.sinks.geojson import write_geojson

__all__ = ["Bucket", "Filters", "Sighting", "day_file", "events", "jpeg", "ships", "sightings", "sources", "timeline"]

_MOST_ROWS = 500_000
"""Frames with ships in one file."""


class Filters(NamedTuple):
    """Which detections; empty: all."""

    source: str = ""
    day: str = ""
    min_score: float = 0.0
    min_ships: int = 1
    before: int | None = None


class Sighting(NamedTuple):
    """A detection with an image."""

    id: int
    source: str
    time: str
    ships: int
    score: float
    longest_m: float | None


class Bucket(NamedTuple):
    """Some minutes of one source: when they began, frames, those with ships, the most ships of one."""

    start: datetime
    frames: int
    with_ships: int
    most: int


@contextmanager
def _open(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(folder, read_only=True)) as database:
        yield database


def sightings(folder: Path, filters: Filters, limit: int) -> list[Sighting]:
    """The newest first."""
    start, end = _day(filters.day)
    with _open(folder) as database:
        rows = database.execute(
            "SELECT p.id, p.source, p.time, d.ships, d.score, d.longest_m FROM images p JOIN detections d "
            "ON d.source = p.source AND d.frame = p.frame WHERE (? = '' OR p.source = ?) AND p.time >= ? "
            "AND p.time < ? AND d.score >= ? AND d.ships >= ? AND p.id < ? GROUP BY p.id ORDER BY p.id DESC LIMIT ?",
            (
                *(filters.source, filters.source, start, end, filters.min_score, filters.min_ships),
                *(filters.before or 1 << 62, limit),
            ),
        )
        return [Sighting(*row) for row in rows]


def jpeg(folder: Path, number: int) -> bytes | None:
    """The image of a sighting."""
    with _open(folder) as database:
        row = database.execute("SELECT jpeg FROM images WHERE id = ?", (number,)).fetchone()
        return None if row is None else bytes(row[0])


def sources(folder: Path) -> list[str]:
    """Names of all sources of which something is kept."""
    with _open(folder) as database:
        return [row[0] for row in database.execute("SELECT DISTINCT source FROM minutes ORDER BY source LIMIT 1000")]


def ships(folder: Path, after: int, source: str, limit: int) -> list[dict[str, Any]]:
    """Frames with ships, in the order of the log, each with its `id`."""
    with _open(folder) as database:
        rows = database.execute(
            "SELECT id, body FROM detections WHERE id > ? AND (? = '' OR source = ?) ORDER BY id LIMIT ?",
            (after, source, source, limit),
        )
        return [{"id": number, **json.loads(body)} for number, body in rows]


def events(folder: Path, after: int, source: str, kind: str, limit: int, newest: bool = False) -> list[dict[str, Any]]:
    """What happened, in the order of the log; or the newest first."""
    order = "DESC" if newest else "ASC"
    with _open(folder) as database:
        rows = database.execute(
            "SELECT id, kind, source, time, body FROM events WHERE id > ? AND (? = '' OR source = ?) "
            f"AND (? = '' OR kind = ?) ORDER BY id {order} LIMIT ?",
            (after, source, source, kind, kind, limit),
        )
        names = ("id", "kind", "source", "time")
        return [{**dict(zip(names, row[:4], strict=True)), "body": json.loads(row[4])} for row in rows]


def timeline(
    folder: Path, now: datetime, hours: int, step: timedelta
) -> dict[str, tuple[list[Bucket], list[tuple[datetime, datetime, str]]]]:
    """Of each source its buckets of the last hours, and its gaps (start, end, reason)."""
    start = now - timedelta(hours=hours)
    found: dict[str, tuple[dict[int, Bucket], list[tuple[datetime, datetime, str]]]] = {}
    with _open(folder) as database:
        for source, minute, frames, with_ships, most in database.execute(
            "SELECT source, minute, frames, with_ships, most FROM minutes WHERE minute >= ?", (utc(start)[:16],)
        ):
            when = datetime.fromisoformat(f"{minute}:00+00:00")
            place = max((when - start) // step, 0)
            buckets = found.setdefault(source, ({}, []))[0]
            before = buckets.get(place, Bucket(start + place * step, 0, 0, 0))
            counts = (before.frames + frames, before.with_ships + with_ships, max(before.most, most))
            buckets[place] = Bucket(before.start, *counts)
        for source, begin, end, reason in database.execute(
            "SELECT source, start, end, reason FROM gaps WHERE end IS NULL OR end >= ? ORDER BY start", (utc(start),)
        ):
            span = (max(_time(begin), start), now if end is None else _time(end), reason)
            found.setdefault(source, ({}, []))[1].append(span)
    return {source: (list(buckets.values()), gaps) for source, (buckets, gaps) in found.items()}


def day_file(folder: Path, day: str, kind: Literal["geojson", "csv"]) -> bytes:
    """The ships of one day as a file. Raises SourceError where none has a place on the earth, as GeoJSON needs."""
    start, end = _day(day)

    def results() -> Iterator[Result]:
        with _open(folder) as database:
            for (body,) in database.execute(
                "SELECT body FROM detections WHERE time >= ? AND time < ? ORDER BY id LIMIT ?", (start, end, _MOST_ROWS)
            ):
                yield msgspec.convert({key: value for key, value in json.loads(body).items() if key != "event"}, Result)

    with TemporaryDirectory(prefix="shipedge-") as temporary:
        path = Path(temporary) / "ships"
        if kind == "csv":
            write_detections(path, results())
        else:
            try:
                write_geojson(path, results())
            except SourceError:
                raise SourceError("no source knows where on the earth it lies, as GeoJSON needs") from None
        return path.read_bytes() if path.exists() else b'{"type": "FeatureCollection", "features": []}\n'


def _day(day: str) -> tuple[str, str]:
    """Its first moment, and that of the next day; without a day, all."""
    if not day:
        return "", "~"
    first = datetime.fromisoformat(day).replace(tzinfo=timezone.utc)
    return utc(first), utc(first + timedelta(days=1))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))

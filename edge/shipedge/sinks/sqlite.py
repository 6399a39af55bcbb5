"""A database of frames and ships, for queries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import gettempdir

from msgspec import UNSET

from shipedge.errors import SourceError
from shipedge.events import Result
from shipedge.files.atomic import hidden_folder, is_stream, naming, write_output

__all__ = ["write_sqlite"]

_FRAME = ("source", "frame", "time_s", "captured", "height", "width", "score", "gsd_m")
_SHIP = (
    *("score", "left", "top", "right", "bottom", "center_x", "center_y"),
    *("length", "width", "orientation", "length_m", "width_m", "lon", "lat", "rle", "track", "speed_m_s", "heading"),
)
_TABLES = """
CREATE TABLE frames (id INTEGER PRIMARY KEY, source TEXT NOT NULL, frame INTEGER NOT NULL, time_s REAL, captured TEXT,
  height INTEGER NOT NULL, width INTEGER NOT NULL, score REAL NOT NULL, gsd_m REAL);
CREATE TABLE ships (id INTEGER PRIMARY KEY, frame_id INTEGER NOT NULL REFERENCES frames (id), score REAL NOT NULL,
  left INTEGER NOT NULL, top INTEGER NOT NULL, right INTEGER NOT NULL, bottom INTEGER NOT NULL, center_x REAL NOT NULL,
  center_y REAL NOT NULL, length REAL NOT NULL, width REAL NOT NULL, orientation REAL NOT NULL, length_m REAL,
  width_m REAL, lon REAL, lat REAL, rle TEXT NOT NULL, track INTEGER, speed_m_s REAL, heading REAL);
"""
_INDEXES = """
CREATE INDEX ships_of_a_frame ON ships (frame_id);
CREATE INDEX frames_of_a_source ON frames (source, frame);
"""
_INTO_FRAMES = f"INSERT INTO frames (id, {', '.join(_FRAME)}) VALUES (?{', ?' * len(_FRAME)})"
_INTO_SHIPS = f"INSERT INTO ships (frame_id, {', '.join(_SHIP)}) VALUES (?{', ?' * len(_SHIP)})"


def write_sqlite(path: Path, results: Iterable[Result]) -> None:
    """Tables `frames` and `ships`, as the events have them, in one step.

    Raises:
        SourceError: SQLite cannot write it.
        OSError: it cannot be put in its place.
    """
    with ExitStack() as stack:
        stack.enter_context(naming(path))
        # A database is no stream: into a pipe or device it goes as a whole.
        own = is_stream(path)
        folder = stack.enter_context(hidden_folder(Path(gettempdir()) if own else path.parent))
        temporary = folder / "new.sqlite"
        try:
            with closing(sqlite3.connect(temporary)) as database, database:
                database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
                for number, result in enumerate(results, 1):
                    _insert(database, number, result)
                database.executescript(_INDEXES)
        except (sqlite3.Error, OverflowError) as error:
            raise SourceError(f"{path}: SQLite cannot write it: {error}") from None
        if own:
            write_output(path, temporary.read_bytes())
        else:
            temporary.replace(path)


def _insert(database: sqlite3.Connection, number: int, result: Result) -> None:
    # SQLite's text is UTF-8; names that are not valid are escaped as they are printed.
    source = result.source.encode("utf-8", "backslashreplace").decode()
    row: list[object] = [source, result.index, result.time_s, result.captured, *result.shape, result.score]
    database.execute(_INTO_FRAMES, [number, *_known([*row, result.gsd_m])])
    for ship in result.ships:
        row = [number, ship.score, *ship.bbox, *ship.center, ship.length, ship.width, ship.orientation]
        row += [ship.length_m, ship.width_m, ship.lon, ship.lat, ship.rle, ship.track, ship.speed_m_s, ship.heading]
        database.execute(_INTO_SHIPS, _known(row))


def _known(values: list[object]) -> list[object]:
    return [None if value is UNSET else value for value in values]

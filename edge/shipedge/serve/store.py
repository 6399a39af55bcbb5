"""The database of a service: what the log says, in a form that pages ask, and what waits to be sent.

The log is what counts. The database follows it (`follow.py`), and holds in the same transaction how far it has come, so
that a kill or a power cut between the two loses nothing and doubles nothing.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from shipedge.errors import DatasetError

__all__ = ["NAME", "VERSION", "connect", "get_state", "prepare", "set_state", "text"]

NAME = "serve.sqlite"
VERSION = 1
_WAIT_S = 30.0
_TABLES = """
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE detections (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, frame INTEGER NOT NULL,
  time TEXT NOT NULL, ships INTEGER NOT NULL, score REAL NOT NULL, longest_m REAL, body TEXT NOT NULL);
CREATE INDEX detections_by_time ON detections (time);
CREATE INDEX detections_by_frame ON detections (source, frame);
CREATE TABLE images (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, frame INTEGER NOT NULL,
  time TEXT NOT NULL, jpeg BLOB NOT NULL, UNIQUE (source, frame));
CREATE TABLE minutes (source TEXT NOT NULL, minute TEXT NOT NULL, frames INTEGER NOT NULL, with_ships INTEGER NOT NULL,
  most INTEGER NOT NULL, PRIMARY KEY (source, minute)) WITHOUT ROWID;
CREATE INDEX minutes_by_time ON minutes (minute);
CREATE TABLE gaps (source TEXT NOT NULL, start TEXT NOT NULL, end TEXT, reason TEXT NOT NULL,
  PRIMARY KEY (source, start)) WITHOUT ROWID;
CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, source TEXT,
  time TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX events_by_time ON events (time);
CREATE TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
  body TEXT NOT NULL);
CREATE TABLE outputs (name TEXT PRIMARY KEY, sent INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,
  dropped INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
"""
"""`outputs.sent` is the number of the last event that an output has taken; those behind it in `outbox` wait."""


def prepare(folder: Path) -> None:
    """Makes the database where there is none.

    Raises:
        DatasetError: what is there is another database, or none; or it is damaged.
        OSError: the folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    try:
        with closing(connect(folder)) as database:
            database.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new one: later it does nothing
            database.execute("PRAGMA journal_mode = WAL")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if version == 0 and tables == 0:
                database.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
            elif version != VERSION:
                raise DatasetError(f"{path}: a database of another program or version, expected another data folder")
    except sqlite3.Error as error:
        raise DatasetError(
            f"{path}: cannot be used: {error}; expected another data folder, or that file away"
        ) from None


def connect(folder: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection for one thread; transactions are begun by hand."""
    path = (folder / NAME).absolute()
    mode = "ro" if read_only else "rwc"
    database = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=_WAIT_S, isolation_level=None)
    # What a power cut takes of the last seconds is read from the log again.
    database.execute("PRAGMA synchronous = NORMAL")
    return database


def get_state(database: sqlite3.Connection, name: str) -> str | None:
    """A value that was set, None where none was."""
    row = database.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def set_state(database: sqlite3.Connection, name: str, value: str) -> None:
    """Sets a value."""
    database.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))


def text(value: Any) -> str:
    """A name as SQLite can hold it: those that are not valid UTF-8 are escaped."""
    return str(value).encode("utf-8", "backslashreplace").decode()

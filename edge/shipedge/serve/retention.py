"""How much is kept: by age and by size, the oldest goes first."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from shipedge.events import utc
from shipedge.events.log import Rotation
from shipedge.events.reading import log_files
from shipedge.serve.config import Keep

__all__ = ["keep_within", "rotation"]

_LOG_SHARE = 0.4
"""Of the size that the log may have; the database has the rest."""
_PARTS = 8
_TABLES = {"detections": "time", "images": "time", "events": "time", "minutes": "minute", "gaps": "start"}
_LARGE = ("images", "detections", "events")
_BATCH = 2000
"""Rows that go at once: a transaction must not last."""


def rotation(keep: Keep) -> Rotation:
    """When a new file of the log begins, so that the oldest can go without a gap in what is kept."""
    return Rotation(int(keep.bytes * _LOG_SHARE / _PARTS), max(keep.days * 86400 / _PARTS, 600.0), _PARTS - 1)


def keep_within(database: sqlite3.Connection, log: Path, keep: Keep) -> None:
    """Deletes what is too old, and the oldest of what is too much.

    Raises:
        sqlite3.Error: the database cannot be written.
    """
    oldest = datetime.now(timezone.utc) - timedelta(days=keep.days)
    for table, column in _TABLES.items():
        statement = f"DELETE FROM {table} WHERE {column} < ?"
        database.execute(statement, (utc(oldest),))
    most = keep.bytes * (1 - _LOG_SHARE)
    for _ in range(1000):
        if _used(database) <= most or not sum(_delete_oldest(database, table) for table in _LARGE):
            break
    # `execute` would make one step, which gives back one page.
    database.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
    for path in log_files(log)[:-1]:
        with suppress(OSError):
            if path.stat().st_mtime < oldest.timestamp():
                os.unlink(path)  # noqa: PTH108


def _delete_oldest(database: sqlite3.Connection, table: str) -> int:
    rows = f"SELECT id FROM {table} ORDER BY id LIMIT {_BATCH}"
    return database.execute(f"DELETE FROM {table} WHERE id IN ({rows})").rowcount


def _used(database: sqlite3.Connection) -> int:
    pages, free, size = (
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
